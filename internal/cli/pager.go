package cli

import (
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
)

// paging says whether the output of a command goes through the pager, and what
// becomes of the command whose user leaves the pager early.
type paging int

const (
	unpaged paging = iota
	untilLeft
	toTheEnd // it goes on, since its exit code is a verdict
)

// paged calls print with an Env whose output goes through the pager, if how
// says so and the output is a terminal. As with git, PAGER names the pager, cat
// or nothing turns it off, and less ends by itself if all fits on the screen.
// The error is that of print. Who leaves the pager early wants no more: that is
// no error.
func (e Env) paged(how paging, print func(Env) error) error {
	command, named := e.isSet("PAGER")
	if !named {
		command = "less"
	}

	if how == unpaged || e.Screen == nil || command == "" || command == "cat" {
		return print(e)
	}

	cmd := exec.Command("sh", "-c", command) //nolint:gosec,noctx // the user's own choice; it ends with its input
	cmd.Stdout, cmd.Stderr = e.Out, e.Err
	cmd.Env = append(cmd.Env, e.Environ...)
	cmd.Env = append(cmd.Env, "LESS="+cmp.Or(e.lookup("LESS"), "FRX"), "LV="+cmp.Or(e.lookup("LV"), "-c"))

	read, write, err := os.Pipe()
	if err != nil {
		return print(e)
	}

	cmd.Stdin = read
	if _, err := exec.LookPath("less"); !named && err != nil || cmd.Start() != nil {
		return errors.Join(print(e), read.Close(), write.Close())
	}

	_ = read.Close() // the pager has it

	e.Out = &toPager{w: write, toTheEnd: how == toTheEnd}
	err = print(e)
	_ = write.Close()
	_ = cmd.Wait()

	if errors.Is(err, errLeft) {
		return nil
	}

	return err
}

// errLeft is the error of output that nobody reads any more. It is our own:
// a broken connection to the database or to Stripe is a broken pipe, too.
var errLeft = errors.New("the pager has ended")

// toPager writes to a pager.
type toPager struct {
	w        io.Writer
	toTheEnd bool // drop what the pager does not take
}

func (p *toPager) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	switch {
	case err == nil:
		return n, nil
	case p.toTheEnd:
		return len(b), nil
	}
	return n, errLeft
}
