"""What is kept of a study: four tables, the same in SQLite and PostgreSQL.

Nothing here names a person: `identity` is a digest under the database's key (tokens.py), `session` and `proof` are
digests of secrets. A trial holds no identity, only the number of its participant's row.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

FORMAT = 1  # of these tables; another number is another form
DIGEST = 64  # hexadecimal digits of SHA-256
metadata = MetaData()

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(DIGEST), nullable=False, unique=True),  # of the manifest: another manifest, another study
    Column("format", Integer, nullable=False),
    Column("key", LargeBinary(32), nullable=False),  # of identities and of picture names
    Column("opened", Double, nullable=False),  # seconds since 1970, as every time here
)

participants = Table(
    "participants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study", ForeignKey("studies.id"), nullable=False),
    Column("number", Integer, nullable=False),  # of arrival: 0, 1, 2, ...
    Column("mode", String(16), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("identity", String(DIGEST)),  # null: nobody is known, or it was forgotten
    Column("proof", String(DIGEST)),  # of what continues the session in another browser
    Column("session", String(DIGEST), unique=True),  # of the secret that the browser keeps
    Column("consent", String(DIGEST), nullable=False),  # of the text that was agreed to
    Column("started", Double, nullable=False),
    Column("screen", JSON),  # what the screen check measured, and whether it was passed
    Column("color_vision", String(16)),  # "passed", "failed" or "unclear"; what was read is not kept
    Column("completed", Double),
    Column("code", String(16), unique=True),  # of completion
    UniqueConstraint("study", "number"),
    UniqueConstraint("study", "identity"),
)

trials = Table(
    "trials",
    metadata,
    Column("participant", ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("showing", String(32), nullable=False),  # the page's name for this one showing; another one is refused
    Column("begun", Double, nullable=False),
    Column("answered", Double),
    Column("interrupted", Boolean, nullable=False, default=False),  # shown, and left without an answer
    Column("chosen_slot", Integer),
    Column("response_ms", Double),
    Column("shown_ms_0", Double),  # as measured in the browser; null: not shown for a set time
    Column("shown_ms_1", Double),
    Column("frames_0", Integer),
    Column("frames_1", Integer),
    Column("frame_ms", Double),  # the screen's own interval
    Column("hidden", Boolean),  # the page was in the background while a picture was shown
    Column("on_time", Boolean),
)

links = Table(
    "links",
    metadata,
    Column("study", ForeignKey("studies.id"), primary_key=True),
    Column("identity", String(DIGEST), primary_key=True),  # digest of the link's token
    Column("made", Double, nullable=False),
)
