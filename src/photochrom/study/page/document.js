// Small words for the document.

/** The element of this id. */
export function element(id) {
  return document.getElementById(id);
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

/** Show one part of the page, and none beside it; a screen reader goes on from its heading. */
export function turnTo(id) {
  for (const part of document.querySelectorAll("main > section")) part.hidden = part.id !== id;
  window.scrollTo(0, 0);
  const heading = element(id).querySelector("h1");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus();
  }
}

/** Wait until a button is pressed. */
export function pressed(id) {
  return new Promise((resolve) => element(id).addEventListener("click", resolve, { once: true }));
}

/** Say something at the foot of the page, and to a screen reader; "" takes it away. */
export function notice(text) {
  element("status").textContent = text;
}

/** Paragraphs of plain text. */
export function paragraphs(texts) {
  return texts.map((text) => {
    const made = document.createElement("p");
    made.textContent = text;
    return made;
  });
}
