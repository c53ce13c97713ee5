//! The tables of the present format.
//!
//! Every look-up reads all definitions, in one page, so there are few of them and no comments in them. Small things
//! share the table of notes ([`notes`](super::notes)). An object is owned by the rows that name it ([`objects`](crate::store::objects)).
//! Output counts by its bytes, those of output files too. Nothing is counted by looking at every entry: triggers keep the
//! number of entries of a command and their bytes of output; another removes a shape with the last entry that has it. The body is the last column, since what lies behind a long one takes long to reach. Dates and durations are
//! in milliseconds; a lifetime of NULL is for ever, a directory of NULL does not count.

pub(super) const DEFINITIONS: &str = "
    CREATE TABLE command (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        name BLOB NOT NULL,
        hits INTEGER NOT NULL,
        misses INTEGER NOT NULL,
        saved INTEGER NOT NULL,
        used INTEGER NOT NULL,
        idle INTEGER NOT NULL,
        entries INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL DEFAULT 0,
        UNIQUE (name, scope)
    );
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL,
        condition BLOB NOT NULL,
        command INTEGER NOT NULL,
        exit INTEGER NOT NULL,
        created INTEGER NOT NULL,
        elapsed INTEGER NOT NULL,
        lifetime INTEGER,
        used INTEGER NOT NULL,
        hits INTEGER NOT NULL,
        renewal_failed INTEGER,
        output INTEGER NOT NULL,
        length INTEGER NOT NULL,
        seal BLOB NOT NULL,
        arguments BLOB NOT NULL,
        words BLOB NOT NULL,
        ignored BLOB,
        directory BLOB,
        parts BLOB,
        outputs BLOB,
        inputs BLOB,
        body BLOB,
        UNIQUE (key, condition)
    );
    CREATE INDEX entry_by_call ON entry (command, substr(arguments, 1, 200));
    CREATE INDEX entry_by_command ON entry (command, exit, created);
    CREATE INDEX entry_by_use ON entry (used, created, lifetime);
    CREATE INDEX entry_by_shape ON entry (substr(condition, 2, 32)) WHERE inputs IS NOT NULL;
    CREATE TABLE note (
        kind INTEGER NOT NULL,
        name BLOB NOT NULL,
        at INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (kind, name)
    ) WITHOUT ROWID;
    CREATE TABLE object (
        entry INTEGER NOT NULL,
        place INTEGER NOT NULL,
        digest BLOB NOT NULL,
        size INTEGER NOT NULL,
        streams INTEGER NOT NULL,
        PRIMARY KEY (entry, place)
    ) WITHOUT ROWID;
    CREATE INDEX object_by_digest ON object (digest);
    CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
        UPDATE command SET entries = entries + 1, output = CAST(output + NEW.output AS INTEGER)
        WHERE id = NEW.command;
    END;
    CREATE TRIGGER entry_removed AFTER DELETE ON entry BEGIN
        UPDATE command SET entries = entries - 1, output = CAST(output - OLD.output AS INTEGER)
        WHERE id = OLD.command;
    END;
    CREATE TRIGGER shape_left AFTER DELETE ON entry WHEN OLD.inputs IS NOT NULL BEGIN
        DELETE FROM note WHERE kind = 8 AND name = substr(OLD.condition, 2, 32) AND NOT EXISTS (
            SELECT 1 FROM entry WHERE inputs IS NOT NULL
            AND substr(condition, 2, 32) = substr(OLD.condition, 2, 32));
    END;
";
