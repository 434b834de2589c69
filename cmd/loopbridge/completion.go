package main

import "fmt"

// completionCmd prints a completion script. The script calls the hidden command __complete for
// every word.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish." complete:"bash,zsh,fish"`
}

// Run prints the script.
func (c *completionCmd) Run(e *env) error {
	script := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell]
	_, err := fmt.Fprint(e.stdout, script)
	return err
}

// "file" in the first line tells the shell to complete file names.

const bashCompletion = `# bash completion of loopbridge; load it with: source <(loopbridge completion bash)
_loopbridge() {
	local current=${COMP_WORDS[COMP_CWORD]} answer
	[[ $current == = ]] && current=
	answer=$("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
	if [[ $answer == file ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -W "$answer" -- "$current")
		[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
	fi
	return 0
}
complete -F _loopbridge loopbridge
`

const zshCompletion = `#compdef loopbridge
# zsh completion of loopbridge; load it with: source <(loopbridge completion zsh)
_loopbridge() {
	local answer
	answer=$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null) || return
	if [[ $answer == file ]]; then
		_files
	else
		compadd -S '' -- ${(M)${(f)answer}:#*=}
		compadd -- ${(f)answer:#*=}
	fi
}
compdef _loopbridge loopbridge
`

const fishCompletion = `# fish completion of loopbridge; load it with: loopbridge completion fish | source
function __loopbridge_complete
	set -l words (commandline -opc) (commandline -ct)
	set -l answer ($words[1] __complete -- $words[2..-1] 2>/dev/null)
	if test "$answer" = file
		__fish_complete_path (commandline -ct)
	else
		printf '%s\n' $answer
	end
end
complete -c loopbridge -f -a '(__loopbridge_complete)'
`
