
# The command line from COMMAND on; fails before that.
function __fish_cachex_command_line
    set -l words (commandline -opc)
    set -e words[1]
    set -l verb
    while set -q words[1]
        switch $words[1]
            case --
                set -e words[1]
                echo (string join ' ' -- (string escape -- $words) (commandline -ct))
                return 0
            case @VALUED@
                set -e words[1]
            case '-*'
            case @VERBS@
                set -q verb[1]; and return 1
                set verb $words[1]
            case '*'
                set -q verb[1]; and return 1
                echo (string join ' ' -- (string escape -- $words) (commandline -ct))
                return 0
        end
        set -e words[1]
    end
    # The first word may be a verb or a command.
    set -q verb[1]; and return 1
    string match -q -- '-*' (commandline -ct); and return 1
    commandline -ct
end

complete -c cachex -n __fish_cachex_command_line -f -a '(complete -C (__fish_cachex_command_line))'
