package config

import (
	"fmt"
	"slices"
	"strings"
)

// Error is everything that is wrong with the settings.
type Error struct {
	Problems []string // sentences that begin with the option's name
	Misspelt []string // sentences about names that may have been meant for an option
}

// Error lists the problems, one a line, and what may be behind them.
func (e *Error) Error() string {
	text := "one setting needs attention:"
	if n := len(e.Problems); n != 1 {
		text = fmt.Sprintf("%d settings need attention:", n)
	}
	return strings.Join(slices.Concat([]string{text}, e.Problems, e.Misspelt), "\n  ")
}

// loading is one run of Load.
type loading struct {
	mode     Mode
	sources  sources
	config   *Config
	bad      map[string]bool // options already complained about
	problems []string
}

// Load reads the settings that count in mode. environ is os.Environ's form;
// readFile reads .env (it may be missing) and the files of *_FILE options.
// The error, if any, is an *Error with every problem that was found.
func Load(mode Mode, environ []string, readFile func(string) ([]byte, error)) (*Config, error) {
	l := &loading{mode: mode, config: &Config{Mode: mode}, bad: map[string]bool{}}
	if !mode.known() {
		return nil, &Error{Problems: []string{fmt.Sprintf("The mode %q is not known.", mode)}}
	}
	var err error
	if l.sources, err = readSources(environ, readFile); err != nil {
		return nil, &Error{Problems: []string{err.Error()}}
	}
	for _, o := range table() {
		if o.counts(mode) {
			l.option(o)
		}
	}
	if mode == Sandbox {
		l.sandbox()
	}
	l.rules()
	if len(l.problems) > 0 {
		return nil, &Error{Problems: l.problems, Misspelt: l.unknownNames()}
	}
	l.config.Warnings = l.warnings()
	return l.config, nil
}

func (m Mode) known() bool {
	return m == Serve || m == Sandbox || m == Stripe || m == Migrate || m == Healthcheck
}

// option reads one option into the config.
func (l *loading) option(o option) {
	if l.mode == Sandbox && o.sandboxMakes {
		l.note(o, value{"made by the sandbox", "sandbox"})
		return
	}
	v, err := l.sources.lookup(o)
	switch {
	case err != nil:
		l.problem(o.name, "%s", err)
	case v.text == "" && o.mustHave(l.mode):
		l.problem(o.name, "is missing. %s", o.missing)
	case v.text == "":
		v = value{text: o.def, source: "default"}
		fallthrough
	default:
		if err := o.read(l.config, v.text); err != nil {
			l.problem(o.name, "%s", err)
		}
		l.note(o, v)
	}
}

// note keeps the setting for Redacted, in place of what was noted before.
func (l *loading) note(o option, v value) {
	s := Setting{o.name, v.text, v.source}
	if o.redact != nil && v.text != "" {
		s.Value = o.redact(v.text)
	}
	for i := range l.config.settings {
		if l.config.settings[i].Name == o.name {
			l.config.settings[i] = s
			return
		}
	}
	l.config.settings = append(l.config.settings, s)
}

// problem adds a sentence about the option: its name and what is wrong.
func (l *loading) problem(name, format string, args ...any) {
	l.bad[name] = true
	l.problems = append(l.problems, name+" "+fmt.Sprintf(format, args...))
}

// ok reports whether none of the options is wrong by itself, so that a rule
// between them can be judged.
func (l *loading) ok(names ...string) bool {
	for _, n := range names {
		if l.bad[n] {
			return false
		}
	}
	return true
}
