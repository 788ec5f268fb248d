// Small words for the document.

/** The element of this id. */
export function element(id) {
  return document.getElementById(id);
}

/** Show or hide an element. */
export function show(node, visible) {
  node.hidden = !visible;
}

/** A button with a text for everybody. */
export function button(text, className, onClick) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", onClick);
  return made;
}

let fading;

/** Say something, on the page and to a screen reader. */
export function say(text) {
  const status = element("status");
  status.textContent = text;
  status.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => status.classList.remove("shown"), 4000);
}

/** Hand a file to the browser's downloads. */
export function save({ blob, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
