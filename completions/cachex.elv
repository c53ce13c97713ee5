
use builtin;
use str;

set edit:completion:arg-completer[cachex] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'cachex'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'cachex'= {
            cand --env 'Let variables count in the key: names or globs (repeat, or separate with commas)'
            cand --file 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)'
            cand --ignore-arg 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)'
            cand --hash-with 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)'
            cand --key 'Let this text count in the key (repeat for more)'
            cand --scope 'Keep these entries apart from those of other scopes'
            cand --ttl 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]'
            cand --failure-ttl 'The same for a failure [default: 60s, never longer than --ttl]'
            cand --stale-while-revalidate 'For this long after that, replay at once all the same and renew in the background [default: 0]'
            cand --stale-if-error 'For this long after that, replay the last success when the command fails [default: 0]'
            cand --max-entries 'Keep at most N entries of this command, the expired and the oldest going first'
            cand --cache-exit 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]'
            cand --max-output 'Do not store an output longer than this [default: 256MiB]'
            cand --spinner 'The spinner''s text [default: Running `COMMAND`]'
            cand --pty 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]'
            cand --max-size 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]'
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand --pure-env 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR'
            cand --ignore-cwd 'Leave the working directory out of the key'
            cand --stdin 'Read standard input to its end, key it and give it to the command'
            cand -n 'Give the command an empty standard input and leave the real one alone'
            cand --no-stdin 'Give the command an empty standard input and leave the real one alone'
            cand --refresh 'Run the command and store its result anew, whatever is stored'
            cand --force 'Run the command and store its result anew, whatever is stored'
            cand --warm 'The same in the background: print nothing, exit 0 at once'
            cand --only-if-cached 'Never run the command: replay, or exit 124 and say why'
            cand --discard-failures 'Never store a failure'
            cand --no-store 'Replay what is stored, and store nothing'
            cand --no-spinner 'Show no spinner'
            cand --no-cache 'Run the command as if cachex were not there'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand clear 'Forget everything, a command, one call of it, or what has expired'
            cand explain 'Say whether a command would hit or miss, and why'
            cand list 'List what is stored, newest first'
            cand show 'Show one entry whole'
            cand prune 'Remove what has expired, what is too much and what was left behind'
            cand doctor 'Look the store over, and say what to do about what is wrong'
            cand stats 'Tell how often what is stored was used, and what that saved'
            cand completions 'Print the completion script of a shell'
        }
        &'cachex;clear'= {
            cand --scope 'Only this scope; '''' for what was stored without one'
            cand --older-than 'Only what is at least so old'
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand --exact 'Only the call with just these ARGS, or with none'
            cand --prefix 'All calls whose arguments start with ARGS'
            cand --expired 'Only what has expired, by the lifetime of the call that stored it'
            cand --dry-run 'Say what would be removed, and remove nothing'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cachex;explain'= {
            cand --env 'Let variables count in the key: names or globs (repeat, or separate with commas)'
            cand --file 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)'
            cand --ignore-arg 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)'
            cand --hash-with 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)'
            cand --key 'Let this text count in the key (repeat for more)'
            cand --scope 'Keep these entries apart from those of other scopes'
            cand --ttl 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]'
            cand --failure-ttl 'The same for a failure [default: 60s, never longer than --ttl]'
            cand --stale-while-revalidate 'For this long after that, replay at once all the same and renew in the background [default: 0]'
            cand --stale-if-error 'For this long after that, replay the last success when the command fails [default: 0]'
            cand --max-entries 'Keep at most N entries of this command, the expired and the oldest going first'
            cand --cache-exit 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]'
            cand --max-output 'Do not store an output longer than this [default: 256MiB]'
            cand --spinner 'The spinner''s text [default: Running `COMMAND`]'
            cand --pty 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]'
            cand --max-size 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]'
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand --pure-env 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR'
            cand --ignore-cwd 'Leave the working directory out of the key'
            cand --stdin 'Read standard input to its end, key it and give it to the command'
            cand -n 'Give the command an empty standard input and leave the real one alone'
            cand --no-stdin 'Give the command an empty standard input and leave the real one alone'
            cand --refresh 'Run the command and store its result anew, whatever is stored'
            cand --force 'Run the command and store its result anew, whatever is stored'
            cand --warm 'The same in the background: print nothing, exit 0 at once'
            cand --only-if-cached 'Never run the command: replay, or exit 124 and say why'
            cand --discard-failures 'Never store a failure'
            cand --no-store 'Replay what is stored, and store nothing'
            cand --no-spinner 'Show no spinner'
            cand --no-cache 'Run the command as if cachex were not there'
            cand --json 'Print JSON'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cachex;list'= {
            cand --scope 'Only this scope; '''' for what was stored without one'
            cand --older-than 'Only what is at least so old'
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand --exact 'Only the call with just these ARGS, or with none'
            cand --prefix 'All calls whose arguments start with ARGS'
            cand --expired 'Only what has expired, by the lifetime of the call that stored it'
            cand --json 'Print JSON'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cachex;show'= {
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand --stdout 'Print the recorded standard output, byte for byte'
            cand --stderr 'Print the recorded standard error, byte for byte'
            cand --json 'Print JSON'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cachex;prune'= {
            cand --max-size 'Keep the store below this; the least recently used entries go [default: `CACHEX_MAX_SIZE`, or 2GiB]'
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand --dry-run 'Say what would be removed, and remove nothing'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cachex;doctor'= {
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cachex;stats'= {
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand --json 'Print JSON'
            cand --markdown 'Print a table in Markdown, as for the summary of a CI job'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'cachex;completions'= {
            cand --cache-dir 'Keep the store in this directory instead of the user''s cache directory'
            cand -v 'Say on standard error what was decided, and why'
            cand --verbose 'Say on standard error what was decided, and why'
            cand -q 'Do not warn'
            cand --quiet 'Do not warn'
            cand -h 'Print help'
            cand --help 'Print help'
        }
    ]
    $completions[$command]
}
