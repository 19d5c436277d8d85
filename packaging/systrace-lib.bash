# shellcheck shell=bash
# systrace-lib.bash - completion for bash: options, their values, and what the command traced would complete.

# All options of the commands; tests/package/completion compares them with --help.
_systrace_lib_options='-o --output --interval --phase --control --status-fd --inject --policy --policy-log --strict --results --inlines --lines --workload -p --attach -u --user -E --env --engine --agent-after
    --kill-on-exit --no-kill-on-exit --no-near --format --table --graph --runtime-library --no-runtime-libraries
    --through-signals --verify -q --quiet -V --version -h --help'
_systrace_lib_report_options='-o --output --format --table --graph --runtime-library --no-runtime-libraries --through-signals
    --by --measure --columns --where --under --not-under --group --serving --sort --top --total --seccomp --with-variants --with-start
    --loops -q --quiet -h --help'
_systrace_lib_diff_options='--old --new --by --factor --where --under --not-under --group --runtime-library
    --no-runtime-libraries --through-signals --accept --write-accept -o --output --format -q --quiet -h --help'

_systrace_lib_coverage_options='--unit --table --where --under --not-under --group --runtime-library --no-runtime-libraries
    --through-signals -o --output --format -h --help'

_systrace_lib_surface_options='--compartments --sonames --group --runtime --table --where --under --not-under --runtime-library
    --no-runtime-libraries --through-signals -o --output --format -h --help'
_systrace_lib_rules_options='--compartments --sonames --group --runtime --phases --default-action --unknown-action --compartment --into --from
    --where --under --not-under --runtime-library --no-runtime-libraries --through-signals -o --output --format -h --help'

_systrace_lib_probe_options='--test --by -j --jobs --retries --limit --together --resume --runtime-library --no-runtime-libraries
    -q --quiet -o --output --format -h --help'

# _systrace_lib_words WORD... - Of these, those that begin with what has been typed.
_systrace_lib_words()
{
    mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
}

# _systrace_lib_files - Of these lines; outside of a completion, as in a test, nothing can be told of them.
_systrace_lib_files()
{
    mapfile -t COMPREPLY
    compopt -o filenames 2>/dev/null || true
}

# _systrace_lib_value OPTION - Completes the value of an option; false if it takes none.
_systrace_lib_value()
{
    case $1 in
    --engine) _systrace_lib_words auto seccomp ptrace agent ;;
    --format) _systrace_lib_words csv json json.gz text markdown stacks html folded pprof dot svg ;;
    --graph) _systrace_lib_words libraries ;;
    -u | --user) mapfile -t COMPREPLY < <(compgen -u -- "$current") ;;
    -E | --env) mapfile -t COMPREPLY < <(compgen -v -- "$current") ;;
    -p | --attach) mapfile -t COMPREPLY < <(cd /proc && compgen -d -- "$current" | grep -x '[0-9]*') ;;
    -o | --output | --control | --policy | --policy-log | --accept | --write-accept | --compartments | --sonames | --into | --from) _systrace_lib_files < <(compgen -f -- "$current") ;;
    --by | --columns) _systrace_lib_words program phase needed library component group syscall abi class capability issuer via function \
        entry from site line end execution workload ;;
    --measure) _systrace_lib_words calls issued on_stack inexact incomplete errors seconds runs stacks ;;
    --unit) _systrace_lib_words run workload ;;
    --runtime) _systrace_lib_words neutral owned ;;
    --default-action) _systrace_lib_words log kill errno=EPERM ;;
    --unknown-action) _systrace_lib_words log deny ;;
    --seccomp) _systrace_lib_words oci systemd minijail bpf libseccomp-c ;;
    --interval | --phase | --inject | --workload | --runtime-library | --where | --under | --not-under | --group | --serving | --sort | --top | --factor | --compartment | \
        --test | -j | --jobs | --retries | --limit | --together) ;; # anything
    *) return 1 ;;
    esac
}

# _systrace_lib_command INDEX - The command traced begins there: it completes itself, where bash-completion is loaded.
_systrace_lib_command()
{
    if declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif (($1 == COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
    else
        _systrace_lib_files < <(compgen -f -- "$current")
    fi
}

# _systrace_lib_begin FROM - Prints the index of the word with which the command traced begins, if it comes before the end, of
# those from this index on.
_systrace_lib_begin()
{
    local i
    for ((i = $1; i <= COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --) echo $((i + 1)) && return ;;
        =) ((i++)) ;; # bash takes --format=csv for three words
        -o | -p | -u | -E | -j) ((i++)) ;;
        --test | --by | --jobs | --retries | --limit | --together | --output | --attach | --user | --env | --engine | --agent-after | --format | --graph | --interval | --phase | --workload | --control | --status-fd | --inject | --policy | --policy-log | --runtime-library)
            [ "${COMP_WORDS[i + 1]-}" = = ] || ((i++))
            ;;
        -*) ;;
        *) echo "$i" && return ;;
        esac
    done
}

_systrace_lib()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} begin
    COMPREPLY=()
    if [ "$current" = = ]; then
        current=''
    elif [ "$previous" = = ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ ${COMP_WORDS[1]} == @(report|diff|coverage|rules|surface) ]] && ((COMP_CWORD > 1)); then
        local options=_systrace_lib_${COMP_WORDS[1]}_options
        [ "${COMP_WORDS[1]} $previous" != "diff --format" ] || { _systrace_lib_words csv json text markdown html && return; }
        [ "${COMP_WORDS[1]} $previous" != "coverage --format" ] || { _systrace_lib_words csv json text markdown svg && return; }
        [ "${COMP_WORDS[1]} $previous" != "coverage --table" ] ||
            { _systrace_lib_words estimates curve workloads only libraries cover && return; }
        [ "${COMP_WORDS[1]} $previous" != "rules --format" ] || { _systrace_lib_words yaml oci kraft c c-header && return; }
        [ "${COMP_WORDS[1]} $previous" != "surface --format" ] || { _systrace_lib_words csv json text markdown html && return; }
        [ "${COMP_WORDS[1]} $previous" != "surface --table" ] ||
            { _systrace_lib_words compartments means capabilities sensitive shapes && return; }
        _systrace_lib_value "$previous" && return
        [[ $current != -* ]] || { _systrace_lib_words "${!options}" && return; }
        [ "${COMP_WORDS[1]}" != rules ] ||
            { _systrace_lib_files < <(compgen -f -- "$current") && return; }
        _systrace_lib_files < <(compgen -f -X '!*.json' -- "$current"; compgen -d -- "$current")
        return
    fi
    if [ "${COMP_WORDS[1]}" = probe ] && ((COMP_CWORD > 1)); then
        begin=$(_systrace_lib_begin 2)
        if [ "$begin" ] && ((begin <= COMP_CWORD)); then
            _systrace_lib_command "$begin"
        elif [ "$previous" = --format ]; then
            _systrace_lib_words csv json text markdown html loupe
        elif [ "$previous" = --by ]; then
            _systrace_lib_words library,syscall syscall
        elif ! _systrace_lib_value "$previous"; then
            _systrace_lib_words "$_systrace_lib_probe_options"
        fi
        return
    fi
    begin=$(_systrace_lib_begin 1)
    if [ "$begin" ] && ((begin < COMP_CWORD || begin == COMP_CWORD && COMP_CWORD > 1)); then
        _systrace_lib_command "$begin"
    elif _systrace_lib_value "$previous"; then
        :
    elif [[ $current == -* ]]; then
        _systrace_lib_words "$_systrace_lib_options"
    else
        mapfile -t COMPREPLY < <(compgen -W "report diff coverage rules surface probe" -- "$current"; compgen -c -- "$current")
    fi
}

complete -F _systrace_lib systrace-lib
