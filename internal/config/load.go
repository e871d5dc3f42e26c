package config

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// Error holds everything that is wrong with the settings.
type Error struct {
	Problems []string // sentences that begin with the option's name
	Misspelt []string // sentences about names that may be misspelt options
}

// Error lists the problems, one a line, and then the names that may be
// misspelt.
func (e *Error) Error() string {
	heading := "one setting needs attention:"
	if n := len(e.Problems); n != 1 {
		heading = fmt.Sprintf("%d settings need attention:", n)
	}
	return strings.Join(slices.Concat([]string{heading}, e.Problems, e.Misspelt), "\n  ")
}

// sourceDefault is the source of a setting that was not given.
const sourceDefault = "default"

// loading is one run of Load.
type loading struct {
	mode     Mode
	sources  sources
	config   *Config
	problems []string
	warnings []string

	// optional holds the options that may be missing although the mode requires
	// them.
	optional []string

	// invalid holds the options that already have a problem, so that rules
	// between options do not report it again.
	invalid map[string]bool
}

// Load reads the settings that mode uses. environ has the form of os.Environ;
// readFile reads .env, which may be missing, and the files of *_FILE options.
// The error, if any, is an *Error with every problem that was found.
func Load(mode Mode, environ []string, readFile func(string) ([]byte, error)) (*Config, error) {
	return loadWithout(nil, mode, environ, readFile)
}

// LoadWithoutHooks does what Load does, but takes settings without the secrets
// of webhooks, too: before the endpoints exist, nobody has them.
func LoadWithoutHooks(mode Mode, environ []string, readFile func(string) ([]byte, error)) (*Config, error) {
	return loadWithout([]string{"STRIPE_WEBHOOK_SECRET", "STRIPE_CONNECT_WEBHOOK_SECRET"}, mode, environ, readFile)
}

func loadWithout(
	optional []string, mode Mode, environ []string, readFile func(string) ([]byte, error),
) (*Config, error) {
	if !mode.known() {
		return nil, &Error{Problems: []string{fmt.Sprintf("The mode %q is unknown.", mode)}}
	}

	src, err := readSources(environ, readFile)
	if err != nil {
		return nil, &Error{Problems: []string{err.Error()}}
	}

	l := &loading{
		mode:     mode,
		sources:  src,
		config:   &Config{Mode: mode, digests: map[string]digest{}},
		optional: optional,
		invalid:  map[string]bool{},
	}

	l.readOptions()
	if slices.Contains(checkoutModes, mode) {
		l.finishSections()
	}

	return l.result()
}

// result returns the config, or the problems with what may explain them.
func (l *loading) result() (*Config, error) {
	misspelt := l.misspeltNames()
	if len(l.problems) > 0 {
		return nil, &Error{Problems: l.problems, Misspelt: misspelt}
	}

	l.config.Warnings = slices.Concat(misspelt, l.warnings)
	return l.config, nil
}

func (l *loading) readOptions() {
	for _, o := range table() {
		if o.usedIn(l.mode) {
			l.readOption(o)
		}
	}
}

func (l *loading) finishSections() {
	for _, s := range sections() {
		if s.finish != nil {
			s.finish(l)
		}
	}
}

// readOption reads one option into the config.
func (l *loading) readOption(o option) {
	if l.mode == Sandbox && o.sandboxMakes {
		l.record(o, value{text: "made by the sandbox", source: "sandbox"})
		return
	}

	v, err := l.sources.lookup(o)
	if err != nil {
		l.problem(o.name, "%s", err)
		return
	}

	if v.text == "" && slices.Contains(l.optional, o.name) {
		return
	}
	if v.text == "" && o.requiredIn(l.mode) {
		l.problem(o.name, "is missing. %s", o.missing)
		return
	}

	if v.text == "" {
		v = value{text: o.def, source: sourceDefault}
		if o.defaultIn != nil {
			v.text = o.defaultIn(l)
		}
	}

	err = o.read(l.config, v.text)
	switch {
	case err != nil && v.quoted:
		l.problem(o.name, "%s. %s", err, quotesKept)
	case err != nil:
		l.problem(o.name, "%s", err)
	case v.quoted:
		l.warn("%s: %s.", o.name, quotesKept)
	}

	l.record(o, v)
}

// record keeps the setting for Redacted and for Compare. It replaces an earlier
// record of the same option.
func (l *loading) record(o option, v value) {
	l.config.digests[o.name] = sha256.Sum256([]byte(v.text))

	s := Setting{Name: o.name, Value: v.text, Source: v.source}
	if o.redact != nil && v.text != "" {
		s.Value = o.redact(v.text)
	}

	settings := l.config.settings
	if i := slices.IndexFunc(settings, func(old Setting) bool { return old.Name == s.Name }); i >= 0 {
		settings[i] = s
		return
	}

	l.config.settings = append(settings, s)
}

// problem adds a sentence that begins with the option's name.
func (l *loading) problem(name, format string, args ...any) {
	l.invalid[name] = true
	l.problems = append(l.problems, name+" "+fmt.Sprintf(format, args...))
}

// warn adds a sentence about a setting that is probably a mistake.
func (l *loading) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// valid reports whether none of the options has a problem of its own, so that
// a rule between them can be checked.
func (l *loading) valid(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return l.invalid[name] })
}

// given reports whether the option has a value in the environment or in .env.
func (l *loading) given(name string) bool { return l.sources.given(name) }
