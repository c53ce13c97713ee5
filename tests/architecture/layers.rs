//! Which module may use which. A new file gets its place here; a new arrow is a decision.

/// The modules of the crate, lowest first, each with those that it may use.
pub const MODULES: &[(&str, &str)] = &[
    ("absence", ""),
    ("die_with_parent", ""),
    ("exit", ""),
    ("file_lock", ""),
    ("hex", ""),
    ("home", ""),
    ("inherited", ""),
    ("memory_file", ""),
    ("ownership", ""),
    ("parallel", ""),
    ("poll", ""),
    ("size", ""),
    ("stack", ""),
    ("terminal", ""),
    ("time", ""),
    ("error", "terminal"),
    ("output_streams", "inherited terminal"),
    ("private_directory", "home ownership terminal"),
    ("process", "exit"),
    ("progress", "terminal"),
    ("recording", "exit size terminal time"),
    ("replay", "recording terminal"),
    ("single_flight", "file_lock private_directory"),
    (
        "key",
        "absence die_with_parent exit hex inherited memory_file output_streams parallel single_flight terminal time",
    ),
    ("inputs", "key parallel terminal time"),
    ("outputs", "key recording terminal"),
    ("entry", "exit inputs key recording time"),
    ("policy", "entry exit key time"),
    ("tracer", "inputs poll process"),
    ("stdin", "entry inherited key memory_file poll terminal time"),
    (
        "store",
        "entry exit file_lock hex inputs key ownership private_directory recording single_flight size terminal time",
    ),
    (
        "options",
        "absence error exit hex home inputs key output_streams ownership policy private_directory progress single_flight size store terminal time",
    ),
    (
        "runner",
        "die_with_parent entry exit inherited inputs key output_streams poll process progress recording stdin terminal time tracer",
    ),
    (
        "call",
        "entry error exit inherited inputs key options policy progress recording replay runner single_flight stdin store terminal time tracer",
    ),
    (
        "commands",
        "call entry error exit hex inputs key options recording size store terminal time tracer",
    ),
];

/// The folders, each with its files and folders, lowest first: each of them may use those before it.
pub const FOLDERS: &[(&str, &str)] = &[
    (
        "call",
        "context ending inputs output_as_input execute fall_back keep prepare uncached decide fill nearest renew forecast serve single_flight",
    ),
    (
        "commands",
        "answer filters json opening option_value removals run screen clear completions entry_facts explain prune table entry_inputs config doctor list show stats trust",
    ),
    (
        "inputs",
        "look write_kind doubt path_glob terms path path_map refusal path_state partly_written body filesystem settle record conclude shape stored_states answers seen observer present ledger writes moves ending verify differences listed",
    ),
    (
        "key",
        "differences digest error words fingerprint encoding hash_with files parts spec caveats code observation observe",
    ),
    ("key/code", "interpreter program shebang command_name locate script"),
    ("key/code/interpreter", "table word_role operands"),
    ("key/encoding", "encoder canonical"),
    (
        "key/files",
        "exec_mode path stamp memory regular_file recheck reading reading_many arguments named",
    ),
    ("key/files/arguments", "look watch named_path search file_arguments contents"),
    ("key/files/named", "glob tree survey contents"),
    ("key/hash_with", "command option commands"),
    ("key/words", "descriptors environment file_names ignored"),
    ("options", "shape source values layer definitions files option request argv variables merge"),
    ("options/definitions", "verbs command usage"),
    ("options/files", "anchor places refused rule trust value file findings look project_file"),
    ("outputs", "fault pattern manifest content descent walk before collect restore"),
    ("outputs/restore", "look plan replace stale staging prepare"),
    ("policy", "reasons terms fixtures keeping renewing replaying"),
    ("recording", "checksum frames blocks body finished recorder"),
    ("process", "descriptors fork stat wait"),
    (
        "runner",
        "async_fd error inherited_files left_behind resources signals launch output terminal wait background input outcome job supervise",
    ),
    ("runner/input", "feed offer source"),
    ("runner/input/offer", "gap socket_back taken channel offering pipe socket thread"),
    ("runner/launch", "environment command monitor exec process"),
    ("runner/output", "newlines pump_end survivors writer tape shared pump"),
    ("runner/signals", "arrival mask send death handlers queue"),
    ("runner/supervise", "connections lookout running relay job_control event_loop run"),
    ("runner/terminal", "other_readers pty reads keys question"),
    ("single_flight", "ancestry claims"),
    (
        "stdin",
        "file reading stream peek peek_elsewhere buffered put_back state look_ahead matching stand_in",
    ),
    (
        "store",
        "error location sqlite objects read handle entry_inputs entry_outputs health query usage write",
    ),
    ("store/health", "finding objects entries examine"),
    ("store/objects", "directory copying owners staging new_objects sweep"),
    (
        "store/query",
        "call_pattern parts statistics where_clause of_command nearest selection listing",
    ),
    ("store/read", "pages database"),
    ("store/read/pages", "unsupported file record tree reader"),
    (
        "store/sqlite",
        "condition codec stopped_holder connect definitions notes read_transaction rebuild space schema open repair transaction",
    ),
    (
        "store/write",
        "clearing command_totals tombstones entries retention evict insert fill remove prune",
    ),
    ("terminal", "escape own stream messages"),
    ("tracer", "error engine probe trace"),
    (
        "tracer/engine",
        "event memory notification numbers program resolve rule socket terminal answer descriptors table filter install keeper record understand yama probe supervisor",
    ),
];
