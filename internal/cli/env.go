package cli

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"
)

// Env is what a command sees of the world outside.
type Env struct {
	Environ  []string // name=value
	ReadFile func(string) ([]byte, error)
	Out, Err io.Writer
	Terminal bool // Err is a terminal

	JSON bool // print objects, one a line; set by Run

	// Screen is the terminal that Out is, nil if it is none.
	Screen *Screen
	Colour bool // Out takes colours
}

// Screen is a terminal.
type Screen struct {
	Size func() (width, height int)
	Zone *time.Location
}

// Environment returns the environment of the process.
func Environment() Env {
	e := Env{
		Environ:  os.Environ(),
		ReadFile: os.ReadFile,
		Out:      os.Stdout,
		Err:      os.Stderr,
		Terminal: isatty.IsTerminal(os.Stderr.Fd()),
	}

	if isatty.IsTerminal(os.Stdout.Fd()) {
		e.Screen = &Screen{Size: terminalSize, Zone: time.Local}
	}
	e.Colour = e.wantsColour()

	return e
}

// terminalSize returns the size of the terminal that standard output is, 80 by
// 24 if it does not tell.
func terminalSize() (width, height int) {
	width, height, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// lookup returns the value of an environment variable, "" if it is not set.
func (e Env) lookup(name string) string {
	value, _ := e.isSet(name)
	return value
}

// isSet returns the value of an environment variable, and whether there is one.
func (e Env) isSet(name string) (value string, ok bool) {
	for _, entry := range e.Environ {
		if v, found := strings.CutPrefix(entry, name+"="); found {
			value, ok = v, true
		}
	}
	return value, ok
}

// wantsColour reports whether the output has colours: on a terminal that knows
// them unless NO_COLOR is set (https://no-color.org), and anywhere if
// CLICOLOR_FORCE is (https://bixense.com/clicolors). NO_COLOR wins.
func (e Env) wantsColour() bool {
	force := e.lookup("CLICOLOR_FORCE")
	switch {
	case e.lookup("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return e.Screen != nil && e.lookup("TERM") != "dumb"
}

// The layouts of times on a terminal.
const (
	shortTime = "2006-01-02 15:04"
	longTime  = "2006-01-02 15:04:05 MST"
)

// Time formats a time for people at a terminal in their zone, and for programs
// as RFC 3339 in UTC. It returns "" for the zero time.
func (e Env) Time(t time.Time) string { return e.time(t, longTime) }

func (e Env) time(t time.Time, layout string) string {
	switch {
	case t.IsZero():
		return ""
	case e.Screen != nil:
		return t.In(e.Screen.Zone).Format(layout)
	}
	return t.UTC().Format(time.RFC3339)
}
