
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'cachex' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'cachex'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'cachex' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Let variables count in the key: names or globs (repeat, or separate with commas)')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)')
            [CompletionResult]::new('--ignore-arg', '--ignore-arg', [CompletionResultType]::ParameterName, 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)')
            [CompletionResult]::new('--hash-with', '--hash-with', [CompletionResultType]::ParameterName, 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Let this text count in the key (repeat for more)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Keep these entries apart from those of other scopes')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'The same for a failure [default: 60s, never longer than --ttl]')
            [CompletionResult]::new('--stale-while-revalidate', '--stale-while-revalidate', [CompletionResultType]::ParameterName, 'For this long after that, replay at once all the same and renew in the background [default: 0]')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'For this long after that, replay the last success when the command fails [default: 0]')
            [CompletionResult]::new('--max-entries', '--max-entries', [CompletionResultType]::ParameterName, 'Keep at most N entries of this command, the expired and the oldest going first')
            [CompletionResult]::new('--cache-exit', '--cache-exit', [CompletionResultType]::ParameterName, 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Do not store an output longer than this [default: 256MiB]')
            [CompletionResult]::new('--spinner', '--spinner', [CompletionResultType]::ParameterName, 'The spinner''s text [default: Running `COMMAND`]')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--pure-env', '--pure-env', [CompletionResultType]::ParameterName, 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR')
            [CompletionResult]::new('--ignore-cwd', '--ignore-cwd', [CompletionResultType]::ParameterName, 'Leave the working directory out of the key')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read standard input to its end, key it and give it to the command')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Give the command an empty standard input and leave the real one alone')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Give the command an empty standard input and leave the real one alone')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Run the command and store its result anew, whatever is stored')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Run the command and store its result anew, whatever is stored')
            [CompletionResult]::new('--warm', '--warm', [CompletionResultType]::ParameterName, 'The same in the background: print nothing, exit 0 at once')
            [CompletionResult]::new('--only-if-cached', '--only-if-cached', [CompletionResultType]::ParameterName, 'Never run the command: replay, or exit 124 and say why')
            [CompletionResult]::new('--discard-failures', '--discard-failures', [CompletionResultType]::ParameterName, 'Never store a failure')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Replay what is stored, and store nothing')
            [CompletionResult]::new('--no-spinner', '--no-spinner', [CompletionResultType]::ParameterName, 'Show no spinner')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Run the command as if cachex were not there')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Forget everything, a command, one call of it, or what has expired')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Say whether a command would hit or miss, and why')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what is stored, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one entry whole')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show which options are in force for a command, and where each comes from')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove what has expired, what is too much and what was left behind')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Look the store over, and say what to do about what is wrong')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Tell how often what is stored was used, and what that saved')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            break
        }
        'cachex;clear' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only this scope; '''' for what was stored without one')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only what is at least so old')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Only the call with just these ARGS, or with none')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'All calls whose arguments start with ARGS')
            [CompletionResult]::new('--expired', '--expired', [CompletionResultType]::ParameterName, 'Only what has expired, by the lifetime of the call that stored it')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be removed, and remove nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;explain' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Let variables count in the key: names or globs (repeat, or separate with commas)')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)')
            [CompletionResult]::new('--ignore-arg', '--ignore-arg', [CompletionResultType]::ParameterName, 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)')
            [CompletionResult]::new('--hash-with', '--hash-with', [CompletionResultType]::ParameterName, 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Let this text count in the key (repeat for more)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Keep these entries apart from those of other scopes')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'The same for a failure [default: 60s, never longer than --ttl]')
            [CompletionResult]::new('--stale-while-revalidate', '--stale-while-revalidate', [CompletionResultType]::ParameterName, 'For this long after that, replay at once all the same and renew in the background [default: 0]')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'For this long after that, replay the last success when the command fails [default: 0]')
            [CompletionResult]::new('--max-entries', '--max-entries', [CompletionResultType]::ParameterName, 'Keep at most N entries of this command, the expired and the oldest going first')
            [CompletionResult]::new('--cache-exit', '--cache-exit', [CompletionResultType]::ParameterName, 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Do not store an output longer than this [default: 256MiB]')
            [CompletionResult]::new('--spinner', '--spinner', [CompletionResultType]::ParameterName, 'The spinner''s text [default: Running `COMMAND`]')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--pure-env', '--pure-env', [CompletionResultType]::ParameterName, 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR')
            [CompletionResult]::new('--ignore-cwd', '--ignore-cwd', [CompletionResultType]::ParameterName, 'Leave the working directory out of the key')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read standard input to its end, key it and give it to the command')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Give the command an empty standard input and leave the real one alone')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Give the command an empty standard input and leave the real one alone')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Run the command and store its result anew, whatever is stored')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Run the command and store its result anew, whatever is stored')
            [CompletionResult]::new('--warm', '--warm', [CompletionResultType]::ParameterName, 'The same in the background: print nothing, exit 0 at once')
            [CompletionResult]::new('--only-if-cached', '--only-if-cached', [CompletionResultType]::ParameterName, 'Never run the command: replay, or exit 124 and say why')
            [CompletionResult]::new('--discard-failures', '--discard-failures', [CompletionResultType]::ParameterName, 'Never store a failure')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Replay what is stored, and store nothing')
            [CompletionResult]::new('--no-spinner', '--no-spinner', [CompletionResultType]::ParameterName, 'Show no spinner')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Run the command as if cachex were not there')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;list' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only this scope; '''' for what was stored without one')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only what is at least so old')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Only the call with just these ARGS, or with none')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'All calls whose arguments start with ARGS')
            [CompletionResult]::new('--expired', '--expired', [CompletionResultType]::ParameterName, 'Only what has expired, by the lifetime of the call that stored it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;show' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--stdout', '--stdout', [CompletionResultType]::ParameterName, 'Print the recorded standard output, byte for byte')
            [CompletionResult]::new('--stderr', '--stderr', [CompletionResultType]::ParameterName, 'Print the recorded standard error, byte for byte')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;config' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Let variables count in the key: names or globs (repeat, or separate with commas)')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Let files count by their content: a path, a directory with all below it, or a glob (repeat for more)')
            [CompletionResult]::new('--ignore-arg', '--ignore-arg', [CompletionResultType]::ParameterName, 'Leave arguments that match out of the key: a glob for a whole word (`--token=*`), or for words in a row (`--token *`) (repeat for more)')
            [CompletionResult]::new('--hash-with', '--hash-with', [CompletionResultType]::ParameterName, 'Let an input count as what a command prints for it: `file:GLOB`, `env:NAME`, `arg:N`, `arg:GLOB` or stdin, then = and the command (repeat for more)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Let this text count in the key (repeat for more)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Keep these entries apart from those of other scopes')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Replay a result younger than this: seconds, 1h 30min, 0 for never, none for ever [default: none]')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'The same for a failure [default: 60s, never longer than --ttl]')
            [CompletionResult]::new('--stale-while-revalidate', '--stale-while-revalidate', [CompletionResultType]::ParameterName, 'For this long after that, replay at once all the same and renew in the background [default: 0]')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'For this long after that, replay the last success when the command fails [default: 0]')
            [CompletionResult]::new('--max-entries', '--max-entries', [CompletionResultType]::ParameterName, 'Keep at most N entries of this command, the expired and the oldest going first')
            [CompletionResult]::new('--cache-exit', '--cache-exit', [CompletionResultType]::ParameterName, 'Exit codes that count as success, as in 0,2 or 0-3 [default: 0]')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Do not store an output longer than this [default: 256MiB]')
            [CompletionResult]::new('--spinner', '--spinner', [CompletionResultType]::ParameterName, 'The spinner''s text [default: Running `COMMAND`]')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Run the command on a terminal of its own, so that it shows colours: always, never, or auto for when standard output is a terminal [default: never]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the whole store below this; the least recently used entries go first [default: 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show also what has its default')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--pure-env', '--pure-env', [CompletionResultType]::ParameterName, 'Give the command only the variables that --env selects, and PATH, HOME, USER, LOGNAME, TMPDIR')
            [CompletionResult]::new('--ignore-cwd', '--ignore-cwd', [CompletionResultType]::ParameterName, 'Leave the working directory out of the key')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read standard input to its end, key it and give it to the command')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Give the command an empty standard input and leave the real one alone')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Give the command an empty standard input and leave the real one alone')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Run the command and store its result anew, whatever is stored')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Run the command and store its result anew, whatever is stored')
            [CompletionResult]::new('--warm', '--warm', [CompletionResultType]::ParameterName, 'The same in the background: print nothing, exit 0 at once')
            [CompletionResult]::new('--only-if-cached', '--only-if-cached', [CompletionResultType]::ParameterName, 'Never run the command: replay, or exit 124 and say why')
            [CompletionResult]::new('--discard-failures', '--discard-failures', [CompletionResultType]::ParameterName, 'Never store a failure')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Replay what is stored, and store nothing')
            [CompletionResult]::new('--no-spinner', '--no-spinner', [CompletionResultType]::ParameterName, 'Show no spinner')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Run the command as if cachex were not there')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;prune' {
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the store below this; the least recently used entries go [default: `CACHEX_MAX_SIZE`, or 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be removed, and remove nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;doctor' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;stats' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--markdown', '--markdown', [CompletionResultType]::ParameterName, 'Print a table in Markdown, as for the summary of a CI job')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cachex;completions' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory instead of the user''s cache directory')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say on standard error what was decided, and why')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Do not warn')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
