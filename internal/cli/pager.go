package cli

import (
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// paged calls print with an Env whose output goes through the pager, if pager
// is set and the output is a terminal. As with git, PAGER names the pager, cat
// or nothing turns it off, and less ends by itself if all fits on the screen.
// The error is that of print. Who leaves the pager early wants no more: that is
// no error.
func (e Env) paged(pager bool, print func(Env) error) error {
	command, named := e.isSet("PAGER")
	if !named {
		command = "less"
	}
	if !pager || e.Screen == nil || command == "" || command == "cat" {
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

	e.Out = write
	err = print(e)
	_ = write.Close()
	_ = cmd.Wait()

	if isBrokenPipe(err) {
		return nil
	}
	return err
}

// isBrokenPipe reports whether nobody reads the output any more.
func isBrokenPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}
