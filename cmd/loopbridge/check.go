package main

// checkCmd validates a configuration file.
type checkCmd struct {
	File string `arg:"" help:"Configuration file (TOML); see loopbridge.toml(5)." complete:"file"`
}

// Run prints every problem of the file as FILE:LINE:COLUMN, or that it is fine.
func (c *checkCmd) Run(e *env) error { return checkConfig(c.File, e.stdout) }
