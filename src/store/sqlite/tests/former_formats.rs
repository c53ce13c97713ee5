//! All formats of the database so far, for tests: the SQL that made each from the one before, and a few rows.

pub(super) const MIGRATIONS: &[&str] = &[
    "
    -- What --max-entries counts and clear forgets: a command over all contents of its script.
    CREATE TABLE command (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        name BLOB NOT NULL,                 -- key::CommandName
        UNIQUE (name, scope)
    );
    -- A recording (exit, created, elapsed, body) under its key and the condition that must hold.
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL,
        condition BLOB NOT NULL,            -- codec::condition
        command INTEGER NOT NULL REFERENCES command (id),
        exit INTEGER NOT NULL,
        created INTEGER NOT NULL,           -- milliseconds since the epoch, the end of the run
        elapsed INTEGER NOT NULL,           -- milliseconds
        lifetime INTEGER,                   -- milliseconds, as asked when stored; NULL: for ever
        used INTEGER NOT NULL,              -- milliseconds since the epoch
        hits INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL,            -- bytes of output
        length INTEGER NOT NULL,            -- bytes of frames
        seal BLOB NOT NULL,                 -- codec::seal
        arguments BLOB NOT NULL,            -- what follows the command's name
        words BLOB NOT NULL,                -- the command line
        directory BLOB,                     -- NULL: does not count
        body BLOB,                          -- the frames; NULL: in blocks
        UNIQUE (key, condition)
    );
    CREATE INDEX entry_by_command ON entry (command, created);
    CREATE INDEX entry_by_use ON entry (used);
    -- The frames of a long output: the ids are those of codec::block_ids.
    CREATE TABLE block (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    -- Digests of large files, to be believed under the same stamp only.
    CREATE TABLE file_digest (
        path BLOB PRIMARY KEY,
        stamp BLOB NOT NULL,
        digest BLOB NOT NULL,
        learned INTEGER NOT NULL
    ) WITHOUT ROWID;
",
    "
    -- What was cleared, so that a run that was in flight then does not bring it back.
    CREATE TABLE clearing (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name BLOB,                          -- NULL: everything
        arguments BLOB                      -- empty: all of the command
    );
",
    "
    -- When a renewal in the background last failed, in milliseconds since the epoch.
    ALTER TABLE entry ADD COLUMN renewal_failed INTEGER;
",
    "
    -- What a key was made of, part by part: store::parts. The digests are keyed with the secret.
    ALTER TABLE entry ADD COLUMN parts BLOB;
    CREATE TABLE secret (bytes BLOB NOT NULL);
    INSERT INTO secret VALUES (randomblob(32));
",
    "
    -- How much of a command was cleared: these arguments alone, or whatever follows them; and in
    -- which scope, NULL standing for all.
    ALTER TABLE clearing ADD COLUMN open_ended INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE clearing ADD COLUMN scope TEXT;
    UPDATE clearing SET open_ended = 0 WHERE length(arguments) > 0;
    -- The totals of a command, which outlive its entries: replays, runs that were stored, and
    -- milliseconds that the replays saved. Then when it was last used (milliseconds since the
    -- epoch), and whether it has no entries.
    ALTER TABLE command ADD COLUMN hits INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE command ADD COLUMN misses INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE command ADD COLUMN saved INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE command ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE command ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX command_by_idleness ON command (used) WHERE idle = 1;
    -- Floating point, since nothing vouches for the numbers, and a sum that overflows is an error.
    UPDATE command SET (hits, misses, saved, used) = (
        SELECT CAST(total(hits) AS INTEGER), count(*),
               CAST(total(1.0 * hits * elapsed) AS INTEGER), coalesce(max(used), 0)
        FROM entry WHERE entry.command = command.id);
    UPDATE command SET idle = 1 WHERE misses = 0;
",
    "
    -- What became of the entries of a key that are no more: store::gone.
    CREATE TABLE gone (
        key BLOB PRIMARY KEY,
        cause INTEGER NOT NULL,
        at INTEGER NOT NULL                 -- milliseconds since the epoch
    ) WITHOUT ROWID;
",
    "
    -- What --ignore-arg left out of the arguments of an entry: store::sought. NULL: nothing.
    ALTER TABLE entry ADD COLUMN ignored BLOB;
    CREATE INDEX entry_by_ignored ON entry (ignored) WHERE ignored IS NOT NULL;
    -- What was cleared as digests, since words may be secret: store::clearing. It matters to runs in
    -- flight only, and those of another program store nothing in this format.
    DROP TABLE clearing;
    CREATE TABLE clearing (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        program BLOB,                       -- NULL: everything
        words BLOB,
        open_ended INTEGER NOT NULL,        -- these words alone, or whatever follows them
        scope TEXT                          -- NULL: all
    );
",
    "
    -- Every look-up reads all definitions, so there are few of them, and no comments in them: what the
    -- columns are is said above. Small things are in one table (store::notes). Long output
    -- moved to another file, that of older formats is not taken along. The body is last, since
    -- what lies behind a long one takes long to reach.
    ALTER TABLE command RENAME TO older_command;
    ALTER TABLE entry RENAME TO older_entry;
    DROP INDEX command_by_idleness;
    DROP INDEX entry_by_command;
    DROP INDEX entry_by_use;
    DROP INDEX entry_by_ignored;
    CREATE TABLE command (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        name BLOB NOT NULL,
        hits INTEGER NOT NULL,
        misses INTEGER NOT NULL,
        saved INTEGER NOT NULL,
        used INTEGER NOT NULL,
        idle INTEGER NOT NULL,
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
        body BLOB,
        UNIQUE (key, condition)
    );
    CREATE INDEX entry_by_command ON entry (command, created);
    CREATE INDEX entry_by_use ON entry (used);
    CREATE TABLE note (
        kind INTEGER NOT NULL,
        name BLOB NOT NULL,
        at INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (kind, name)
    ) WITHOUT ROWID;
    INSERT INTO entry
        SELECT id, key, condition, command, exit, created, elapsed, lifetime, used, hits, renewal_failed,
               output, length, seal, arguments, words, ignored, directory, parts, body
        FROM older_entry WHERE body IS NOT NULL;
    INSERT INTO command
        SELECT id, scope, name, hits, misses, saved, used,
               NOT EXISTS (SELECT 1 FROM entry WHERE command = older_command.id)
        FROM older_command;
    INSERT INTO note SELECT 0, x'', 0, bytes FROM secret;
    INSERT INTO note
        SELECT 2, key, at, CASE cause WHEN 0 THEN x'00' WHEN 1 THEN x'01' ELSE x'02' END FROM gone;
    INSERT INTO note SELECT 3, path, learned, digest FROM file_digest;
    INSERT INTO note SELECT DISTINCT 4, ignored, 0, x'' FROM entry WHERE ignored IS NOT NULL;
    DROP TABLE secret;
    DROP TABLE gone;
    DROP TABLE clearing;
    DROP TABLE file_digest;
    DROP TABLE older_entry;
    DROP TABLE older_command;
    DROP TABLE block;
",
    "
    -- Long output moves from a database of its own to files: store::objects. Entries whose output was there are
    -- forgotten. An object is owned by the rows that name it; place 0 is the recorded output of an entry.
    DELETE FROM entry WHERE body IS NULL;
    UPDATE command SET idle = 1
        WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.command = command.id);
    DROP TABLE IF EXISTS object;
    CREATE TABLE object (
        entry INTEGER NOT NULL,
        place INTEGER NOT NULL,
        digest BLOB NOT NULL,
        size INTEGER NOT NULL,
        streams INTEGER NOT NULL,
        PRIMARY KEY (entry, place)
    ) WITHOUT ROWID;
    CREATE INDEX object_by_digest ON object (digest);
",
    "
    -- Nothing is counted by looking at every entry: triggers keep the number of entries of a command and their
    -- bytes of output. What is asked of many entries is in indexes: the calls of a command, its entries by exit
    -- code and date, and all that eviction and expiry look at.
    ALTER TABLE command ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE command ADD COLUMN output INTEGER NOT NULL DEFAULT 0;
    DROP INDEX entry_by_command;
    DROP INDEX entry_by_use;
    CREATE INDEX entry_by_call ON entry (command, substr(arguments, 1, 200));
    CREATE INDEX entry_by_command ON entry (command, exit, created);
    CREATE INDEX entry_by_use ON entry (used, created, lifetime);
    UPDATE command SET (entries, output) = (
        SELECT count(*), CAST(total(output) AS INTEGER) FROM entry WHERE command = command.id);
    CREATE TRIGGER entry_added AFTER INSERT ON entry BEGIN
        UPDATE command SET entries = entries + 1, output = CAST(output + NEW.output AS INTEGER)
        WHERE id = NEW.command;
    END;
    CREATE TRIGGER entry_removed AFTER DELETE ON entry BEGIN
        UPDATE command SET entries = entries - 1, output = CAST(output - OLD.output AS INTEGER)
        WHERE id = OLD.command;
    END;
    -- Clearings matter only to runs in flight, and those of another program store nothing in this format.
    DELETE FROM note WHERE kind = 1;
",
    "
    -- Entries of traced runs have inputs.
    ALTER TABLE entry ADD COLUMN inputs BLOB;
    CREATE INDEX entry_by_shape ON entry (substr(condition, 2, 32)) WHERE inputs IS NOT NULL;
    CREATE TRIGGER shape_left AFTER DELETE ON entry WHEN OLD.inputs IS NOT NULL BEGIN
        DELETE FROM note WHERE kind = 8 AND name = substr(OLD.condition, 2, 32) AND NOT EXISTS (
            SELECT 1 FROM entry WHERE inputs IS NOT NULL
            AND substr(condition, 2, 32) = substr(OLD.condition, 2, 32));
    END;
",
    "
    -- Entries of commands that wrote files have outputs.
    ALTER TABLE entry ADD COLUMN outputs BLOB;
",
];

/// Rows for each format, in the tables and columns that it introduced.
pub(super) const SAMPLES: &[&str] = &[
    "
    INSERT INTO command VALUES (1, 'default', x'01'), (2, 'other', x'02'), (3, 'default', x'03');
    INSERT INTO entry
        (id, key, condition, command, exit, created, elapsed, lifetime, used, hits, output, length, seal, arguments,
         words, directory, body)
    VALUES
        (1, x'11', x'00', 1, 0, 100, 10, NULL, 150, 3, 5, 9, x'aa', x'b1', x'c1', x'd1', x'e1'),
        (2, x'12', x'03', 1, 1, 200, 20, 60000, 250, 0, 6, 10, x'ab', x'b2', x'c2', NULL, x'e2'),
        (7, x'13', x'00', 2, 0, 300, 30, NULL, 350, 1, 7, 11, x'ac', x'b3', x'c3', NULL, x'e3'),
        (8, x'14', x'00', 3, 0, 400, 40, NULL, 450, 2, 9000000, 9000004, x'ad', x'b4', x'c4', NULL, NULL);
    INSERT INTO block VALUES (8, x'01');
    INSERT INTO file_digest VALUES (x'2f61', x'01', x'02', 500);
    ",
    "INSERT INTO clearing VALUES (1, NULL, NULL)",
    "UPDATE entry SET renewal_failed = 600 WHERE id = 1",
    "UPDATE entry SET parts = x'0f' WHERE id = 2; UPDATE secret SET bytes = CAST('secret' AS BLOB)",
    "UPDATE command SET hits = 20, misses = 10, saved = 1000, used = 700 WHERE id = 1;
     INSERT INTO command VALUES (9, 'default', x'09', 1, 2, 3, 4, 1)",
    "INSERT INTO gone VALUES (x'21', 0, 800), (x'22', 1, 801), (x'23', 2, 802)",
    "UPDATE entry SET ignored = x'77' WHERE id = 7;
     INSERT INTO clearing (program, words, open_ended, scope) VALUES (x'01', x'02', 1, NULL)",
    "INSERT INTO note VALUES (1, x'0000000000000001', 900, x'05'), (5, x'', 4, x'');
     UPDATE entry SET used = 950 WHERE id = 1",
    "INSERT INTO entry VALUES
         (10, x'15', x'00', 2, 0, 500, 50, NULL, 550, 0, NULL, 2000000, 2000004, x'ae', x'b5', x'c5', NULL, NULL, NULL, NULL);
     INSERT INTO object VALUES (10, 0, x'99', 2000004, 1); INSERT INTO note VALUES (7, x'', 2000004, x'')",
    "UPDATE entry SET used = 960 WHERE id = 10",
    "INSERT INTO entry
         (id, key, condition, command, exit, created, elapsed, used, hits, output, length, seal, arguments, words,
          inputs, body)
     VALUES (11, x'16', x'0d3101', 2, 0, 600, 60, 650, 0, 8, 12, x'af', x'b6', x'c6', x'f1', x'e6');
     INSERT INTO note VALUES (8, x'3101', 970, x'06')",
];
