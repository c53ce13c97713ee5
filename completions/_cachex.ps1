
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
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Add variables to the key (repeat, or use commas)')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Add the content of files to the key (repeat)')
            [CompletionResult]::new('--ignore-arg', '--ignore-arg', [CompletionResultType]::ParameterName, 'Leave these arguments out of the key (repeat)')
            [CompletionResult]::new('--hash-with', '--hash-with', [CompletionResultType]::ParameterName, 'Hash the output of a command in place of an input (repeat)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Add this text to the key (repeat)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Keep these entries apart from those of other scopes')
            [CompletionResult]::new('--trace-ignore', '--trace-ignore', [CompletionResultType]::ParameterName, 'Leave these files out of what --trace finds (repeat)')
            [CompletionResult]::new('--trace-times', '--trace-times', [CompletionResultType]::ParameterName, 'Whether the times of files count for --trace [default: exact]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Bring back the files that it writes (repeat)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Replay results younger than this [default: none]')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Replay failures younger than this [default: 60s]')
            [CompletionResult]::new('--stale-while-revalidate', '--stale-while-revalidate', [CompletionResultType]::ParameterName, 'After --ttl, replay for this long and renew in the background [default: 0]')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'After --ttl, replay for this long if the command fails [default: 0]')
            [CompletionResult]::new('--cache-exit', '--cache-exit', [CompletionResultType]::ParameterName, 'Exit codes that count as success [default: 0]')
            [CompletionResult]::new('--max-entries', '--max-entries', [CompletionResultType]::ParameterName, 'Keep at most N entries of this command')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Do not store output longer than this [default: 256MiB]')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Run it on a terminal, for its colours [default: never]')
            [CompletionResult]::new('--spinner', '--spinner', [CompletionResultType]::ParameterName, 'The spinner''s text [default: Running `COMMAND`]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the whole store below this [default: 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--pure-env', '--pure-env', [CompletionResultType]::ParameterName, 'Give the command only the variables of --env')
            [CompletionResult]::new('--ignore-cwd', '--ignore-cwd', [CompletionResultType]::ParameterName, 'Leave the working directory out of the key')
            [CompletionResult]::new('--ignore-file-args', '--ignore-file-args', [CompletionResultType]::ParameterName, 'Do not add the content of files that arguments name')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read standard input to its end, and add it to the key')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Leave standard input alone: the command gets none')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Leave standard input alone: the command gets none')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Find the inputs: every file that the command reads')
            [CompletionResult]::new('--no-trace', '--no-trace', [CompletionResultType]::ParameterName, 'Do not follow what the command reads')
            [CompletionResult]::new('--outputs', '--outputs', [CompletionResultType]::ParameterName, 'With --trace, do so for all files written below the working directory')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Run the command, and replace its result')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Run the command, and replace its result')
            [CompletionResult]::new('--warm', '--warm', [CompletionResultType]::ParameterName, 'Refresh in the background: print nothing, exit 0 at once')
            [CompletionResult]::new('--only-if-cached', '--only-if-cached', [CompletionResultType]::ParameterName, 'Never run the command: replay, or exit 124')
            [CompletionResult]::new('--discard-failures', '--discard-failures', [CompletionResultType]::ParameterName, 'Never store a failure')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Replay stored results, but store nothing')
            [CompletionResult]::new('--no-spinner', '--no-spinner', [CompletionResultType]::ParameterName, 'Show no spinner')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Run the command as if cachex were not there')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Say whether a command would hit or miss, and why')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the stored entries, newest first')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one entry, or its recorded output')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Show how often entries were replayed, and the time that saved')
            [CompletionResult]::new('clear', 'clear', [CompletionResultType]::ParameterValue, 'Remove entries: all, those of a command or a call, or one')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Remove expired entries, then shrink the store to --max-size')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the options in force, and where each comes from')
            [CompletionResult]::new('trust', 'trust', [CompletionResultType]::ParameterValue, 'Trust the configuration file of a project')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check the store, and say how to fix what is wrong')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Print what a shell''s start file needs: completions and `memo`')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page of cachex or of a verb, as roff')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print the help of cachex, or of a verb')
            break
        }
        'cachex;explain' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Add variables to the key (repeat, or use commas)')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Add the content of files to the key (repeat)')
            [CompletionResult]::new('--ignore-arg', '--ignore-arg', [CompletionResultType]::ParameterName, 'Leave these arguments out of the key (repeat)')
            [CompletionResult]::new('--hash-with', '--hash-with', [CompletionResultType]::ParameterName, 'Hash the output of a command in place of an input (repeat)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Add this text to the key (repeat)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Keep these entries apart from those of other scopes')
            [CompletionResult]::new('--trace-ignore', '--trace-ignore', [CompletionResultType]::ParameterName, 'Leave these files out of what --trace finds (repeat)')
            [CompletionResult]::new('--trace-times', '--trace-times', [CompletionResultType]::ParameterName, 'Whether the times of files count for --trace [default: exact]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Bring back the files that it writes (repeat)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Replay results younger than this [default: none]')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Replay failures younger than this [default: 60s]')
            [CompletionResult]::new('--stale-while-revalidate', '--stale-while-revalidate', [CompletionResultType]::ParameterName, 'After --ttl, replay for this long and renew in the background [default: 0]')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'After --ttl, replay for this long if the command fails [default: 0]')
            [CompletionResult]::new('--cache-exit', '--cache-exit', [CompletionResultType]::ParameterName, 'Exit codes that count as success [default: 0]')
            [CompletionResult]::new('--max-entries', '--max-entries', [CompletionResultType]::ParameterName, 'Keep at most N entries of this command')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Do not store output longer than this [default: 256MiB]')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Run it on a terminal, for its colours [default: never]')
            [CompletionResult]::new('--spinner', '--spinner', [CompletionResultType]::ParameterName, 'The spinner''s text [default: Running `COMMAND`]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the whole store below this [default: 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--pure-env', '--pure-env', [CompletionResultType]::ParameterName, 'Give the command only the variables of --env')
            [CompletionResult]::new('--ignore-cwd', '--ignore-cwd', [CompletionResultType]::ParameterName, 'Leave the working directory out of the key')
            [CompletionResult]::new('--ignore-file-args', '--ignore-file-args', [CompletionResultType]::ParameterName, 'Do not add the content of files that arguments name')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read standard input to its end, and add it to the key')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Leave standard input alone: the command gets none')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Leave standard input alone: the command gets none')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Find the inputs: every file that the command reads')
            [CompletionResult]::new('--no-trace', '--no-trace', [CompletionResultType]::ParameterName, 'Do not follow what the command reads')
            [CompletionResult]::new('--outputs', '--outputs', [CompletionResultType]::ParameterName, 'With --trace, do so for all files written below the working directory')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Run the command, and replace its result')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Run the command, and replace its result')
            [CompletionResult]::new('--warm', '--warm', [CompletionResultType]::ParameterName, 'Refresh in the background: print nothing, exit 0 at once')
            [CompletionResult]::new('--only-if-cached', '--only-if-cached', [CompletionResultType]::ParameterName, 'Never run the command: replay, or exit 124')
            [CompletionResult]::new('--discard-failures', '--discard-failures', [CompletionResultType]::ParameterName, 'Never store a failure')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Replay stored results, but store nothing')
            [CompletionResult]::new('--no-spinner', '--no-spinner', [CompletionResultType]::ParameterName, 'Show no spinner')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Run the command as if cachex were not there')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;list' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only this scope ('''' for entries without one)')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only entries at least this old')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most this many entries')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'By age, size, time, hits or used [default: age]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Only the call with exactly these ARGS (or none)')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'All calls whose arguments start with ARGS')
            [CompletionResult]::new('--expired', '--expired', [CompletionResultType]::ParameterName, 'Only expired entries')
            [CompletionResult]::new('--here', '--here', [CompletionResultType]::ParameterName, 'Only calls in this directory')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;show' {
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Print a file that the command wrote, byte for byte')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--stdout', '--stdout', [CompletionResultType]::ParameterName, 'Print the recorded standard output, byte for byte')
            [CompletionResult]::new('--stderr', '--stderr', [CompletionResultType]::ParameterName, 'Print the recorded standard error, byte for byte')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;stats' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--markdown', '--markdown', [CompletionResultType]::ParameterName, 'Print a Markdown table, as for the summary of a CI job')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;clear' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only this scope ('''' for entries without one)')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only entries at least this old')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Only the call with exactly these ARGS (or none)')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'All calls whose arguments start with ARGS')
            [CompletionResult]::new('--expired', '--expired', [CompletionResultType]::ParameterName, 'Only expired entries')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be removed, and remove nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;prune' {
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the whole store below this [default: 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be removed, and remove nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;config' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Add variables to the key (repeat, or use commas)')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Add the content of files to the key (repeat)')
            [CompletionResult]::new('--ignore-arg', '--ignore-arg', [CompletionResultType]::ParameterName, 'Leave these arguments out of the key (repeat)')
            [CompletionResult]::new('--hash-with', '--hash-with', [CompletionResultType]::ParameterName, 'Hash the output of a command in place of an input (repeat)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Add this text to the key (repeat)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Keep these entries apart from those of other scopes')
            [CompletionResult]::new('--trace-ignore', '--trace-ignore', [CompletionResultType]::ParameterName, 'Leave these files out of what --trace finds (repeat)')
            [CompletionResult]::new('--trace-times', '--trace-times', [CompletionResultType]::ParameterName, 'Whether the times of files count for --trace [default: exact]')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Bring back the files that it writes (repeat)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Replay results younger than this [default: none]')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Replay failures younger than this [default: 60s]')
            [CompletionResult]::new('--stale-while-revalidate', '--stale-while-revalidate', [CompletionResultType]::ParameterName, 'After --ttl, replay for this long and renew in the background [default: 0]')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'After --ttl, replay for this long if the command fails [default: 0]')
            [CompletionResult]::new('--cache-exit', '--cache-exit', [CompletionResultType]::ParameterName, 'Exit codes that count as success [default: 0]')
            [CompletionResult]::new('--max-entries', '--max-entries', [CompletionResultType]::ParameterName, 'Keep at most N entries of this command')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Do not store output longer than this [default: 256MiB]')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Run it on a terminal, for its colours [default: never]')
            [CompletionResult]::new('--spinner', '--spinner', [CompletionResultType]::ParameterName, 'The spinner''s text [default: Running `COMMAND`]')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Keep the whole store below this [default: 2GiB]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show defaults, too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('--pure-env', '--pure-env', [CompletionResultType]::ParameterName, 'Give the command only the variables of --env')
            [CompletionResult]::new('--ignore-cwd', '--ignore-cwd', [CompletionResultType]::ParameterName, 'Leave the working directory out of the key')
            [CompletionResult]::new('--ignore-file-args', '--ignore-file-args', [CompletionResultType]::ParameterName, 'Do not add the content of files that arguments name')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Read standard input to its end, and add it to the key')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Leave standard input alone: the command gets none')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Leave standard input alone: the command gets none')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Find the inputs: every file that the command reads')
            [CompletionResult]::new('--no-trace', '--no-trace', [CompletionResultType]::ParameterName, 'Do not follow what the command reads')
            [CompletionResult]::new('--outputs', '--outputs', [CompletionResultType]::ParameterName, 'With --trace, do so for all files written below the working directory')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'Run the command, and replace its result')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Run the command, and replace its result')
            [CompletionResult]::new('--warm', '--warm', [CompletionResultType]::ParameterName, 'Refresh in the background: print nothing, exit 0 at once')
            [CompletionResult]::new('--only-if-cached', '--only-if-cached', [CompletionResultType]::ParameterName, 'Never run the command: replay, or exit 124')
            [CompletionResult]::new('--discard-failures', '--discard-failures', [CompletionResultType]::ParameterName, 'Never store a failure')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Replay stored results, but store nothing')
            [CompletionResult]::new('--no-spinner', '--no-spinner', [CompletionResultType]::ParameterName, 'Show no spinner')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Run the command as if cachex were not there')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;trust' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('--revoke', '--revoke', [CompletionResultType]::ParameterName, 'Revoke the trust')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the files that are trusted')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;doctor' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;init' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;man' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;completions' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'cachex;help' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Keep the store in this directory')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report decisions and their reasons on standard error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no warnings')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
