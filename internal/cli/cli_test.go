package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/cli"
	"checkoutd/internal/testhost"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// table is a small program. Its list prints rows, or as many numbers as asked.
func table(rows ...[]any) cli.Command {
	return cli.Command{
		Name:  "shop",
		Short: "sell",
		Commands: []cli.Command{
			{
				Name:  "list",
				Args:  "[ID]",
				Short: "list what there is",
				JSON:  "rows",
				Paged: true,
				New: func(fs *flag.FlagSet) cli.Action {
					fails := fs.Bool("fails", false, "fail at the end")
					lines := fs.Int("lines", 0, "how many lines")

					return func(_ context.Context, _ []string, e cli.Env) error {
						for i := range *lines {
							if _, err := fmt.Fprintln(e.Out, i); err != nil {
								return err
							}
						}

						out := e.List("ID", "STATE", "CREATED", "NOTE", "EMPTY", "LAST")
						for _, cells := range rows {
							if err := out.Add(nil, cells...); err != nil {
								return err
							}
						}

						if err := out.Close(); err != nil || !*fails {
							return err
						}

						return cli.WithExitCode(cli.ExitUnknown, errors.New("failed"))
					}
				},
			},
			{
				Name:    "judge",
				Short:   "say more than a pipe holds, and a verdict",
				Paged:   true,
				Verdict: true,
				New: func(*flag.FlagSet) cli.Action {
					return func(_ context.Context, _ []string, e cli.Env) error {
						_, err := e.Out.Write(make([]byte, 1<<20))
						return cmp.Or(err, cli.WithExitCode(cli.ExitRefused, errors.New("not ready")))
					}
				},
			},
			{
				Name:  "ask",
				Short: "lose the connection to the database",
				Paged: true,
				New: func(*flag.FlagSet) cli.Action {
					return func(context.Context, []string, cli.Env) error {
						return cli.WithExitCode(cli.ExitUnavailable, &net.OpError{Op: "write", Err: syscall.EPIPE})
					}
				},
			},
			{
				Name:  "mode",
				Args:  "on|off",
				Short: "switch",
				New:   func(*flag.FlagSet) cli.Action { return nil },
			},
			cli.Completion("shop"),
		},
	}
}

// screen returns an environment whose output is a terminal of some width.
func screen(out *bytes.Buffer, columns int, environ ...string) cli.Env {
	return cli.Env{
		Environ: append(environ, "PATH="+os.Getenv("PATH")),
		Out:     out,
		Err:     out,
		Screen: &cli.Screen{
			Size: func() (int, int) { return columns, 24 },
			Zone: time.FixedZone("CET", 3600),
		},
	}
}

func TestListFitsTheTerminalAndIsWholeInPipes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a very long note ", 5)
	rows := [][]any{
		{"ord_1", cli.State("paid"), noon, cli.Text("short\x1b[2J"), "", 1},
		{"ord_2", cli.State("review"), noon, cli.Text(long), "", 2},
	}

	for name, tt := range map[string]struct {
		env  func(*bytes.Buffer) cli.Env
		want string
	}{
		"wide": {
			func(b *bytes.Buffer) cli.Env { return screen(b, 200, "PAGER=cat") },
			"ID     STATE   CREATED           NOTE" + strings.Repeat(" ", 83) + "LAST\n" +
				"ord_1  paid    2026-01-31 13:00  short\\x1b[2J" + strings.Repeat(" ", 75) + "1\n" +
				"ord_2  review  2026-01-31 13:00  " + long + "  2\n",
		},
		"narrow": {
			func(b *bytes.Buffer) cli.Env { return screen(b, 50, "PAGER=cat") },
			"ID     STATE   CREATED           NOTE         LAST\n" +
				"ord_1  paid    2026-01-31 13:00  short\\x1b[…  1\n" +
				"ord_2  review  2026-01-31 13:00  a very lon…  2\n",
		},
		"too narrow": {
			func(b *bytes.Buffer) cli.Env { return screen(b, 24, "PAGER=cat") },
			"ID     STATE\nord_1  paid\nord_2  review\n(too narrow for CREATED, NOTE, LAST)\n",
		},
		"colours": {
			func(b *bytes.Buffer) cli.Env {
				e := screen(b, 24, "PAGER=cat")
				e.Colour = true
				return e
			},
			"\x1b[1mID\x1b[0m     \x1b[1mSTATE\x1b[0m\nord_1  \x1b[32mpaid\x1b[0m\nord_2  \x1b[31mreview\x1b[0m\n" +
				"(too narrow for CREATED, NOTE, LAST)\n",
		},
		"a pipe": {
			func(b *bytes.Buffer) cli.Env { return cli.Env{Out: b, Err: b} },
			"ID     STATE   CREATED               NOTE" + strings.Repeat(" ", 83) + "EMPTY  LAST\n" +
				"ord_1  paid    2026-01-31T12:00:00Z  short\\x1b[2J" + strings.Repeat(" ", 75) + "       1\n" +
				"ord_2  review  2026-01-31T12:00:00Z  " + long + "         2\n",
		},
	} {
		var out bytes.Buffer
		if err := cli.Run(t.Context(), table(rows...), []string{"list"}, tt.env(&out)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if out.String() != tt.want {
			t.Errorf("%s: got\n%q\nwant\n%q", name, out.String(), tt.want)
		}
	}

	var out bytes.Buffer
	if err := cli.Run(t.Context(), table(rows[0]), []string{"list", "--json"}, cli.Env{Out: &out}); err != nil {
		t.Fatal(err)
	}

	want := `{"created":"2026-01-31T12:00:00Z","empty":null,"id":"ord_1","last":1,"note":"short\u001b[2J","state":"paid"}` + "\n"
	if out.String() != want {
		t.Errorf("--json: got %s, want %s", out.String(), want)
	}
}

func TestLongOutputGoesThroughThePager(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args    string
		pager   string
		want    string
		wantErr int
	}{
		"the pager gets everything":           {"list --lines 3", "tr 0-9 a-j", "a\nb\nc\n", 0},
		"it knows what less needs":            {"list", "cat >/dev/null; echo $LESS", "FRX\n", 0},
		"cat is no pager":                     {"list --lines 2", "cat", "0\n1\n", 0},
		"none is wanted":                      {"list --lines 2 --no-pager", "tr 0-9 a-j", "0\n1\n", 0},
		"it need not read to the end":         {"list --lines 100000", "head -n 1", "0\n", 0},
		"the command's exit code is kept":     {"list --fails", "cat >/dev/null", "", cli.ExitUnknown},
		"leaving early keeps the verdict":     {"judge", "true", "", cli.ExitRefused},
		"a lost connection is an error":       {"ask", "cat >/dev/null", "", cli.ExitUnavailable},
		"errors do without":                   {"list --lines many", "tr a-z A-Z", "", cli.ExitUsage},
		"the help is long, too":               {"help list", "head -c 5", "usage", 0},
		"one that does not exist says so":     {"list", "no-such-pager 2>/dev/null", "", 0},
		"output that is no list does without": {"completion fish", "head -n 0", "function", 0},
	} {
		var out bytes.Buffer
		err := cli.Run(t.Context(), table(), strings.Fields(tt.args), screen(&out, 80, "PAGER="+tt.pager))

		if got := out.String(); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: got %.60q, want %q", name, got, tt.want)
		}
		if (err != nil || tt.wantErr != 0) && cli.ExitCode(err) != tt.wantErr {
			t.Errorf("%s: got %v, want the exit code %d", name, err, tt.wantErr)
		}
	}
}

func TestHelpIsNoErrorAndMistakesAre(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"help":          "usage: shop COMMAND",
		"--help":        "usage: shop COMMAND",
		"help list":     "usage: shop list [ID] [flags]",
		"list x --help": "usage: shop list [ID] [flags]",
		"list help":     "usage: shop list [ID] [flags]",
	} {
		var out bytes.Buffer
		if err := cli.Run(t.Context(), table(), strings.Fields(args), cli.Env{Out: &out}); err != nil {
			t.Errorf("%s: %v", args, err)
		}
		if !strings.HasPrefix(out.String(), want+"\n") {
			t.Errorf("%s: got %q", args, out.String())
		}
	}

	for args, want := range map[string]string{
		"lst":              `unknown command "lst": did you mean list?`,
		"help lst":         `unknown command "lst": did you mean list?`,
		"--no-pager":       "unknown flag --no-pager",
		"list --lnes 3":    "unknown flag --lnes: did you mean --lines?",
		"list --lines":     "flag needs an argument: --lines",
		"list --lines=a":   `invalid value "a" for flag --lines`,
		"completion a b":   "bash, zsh or fish",
		"completion -- -x": "bash, zsh or fish",
	} {
		var out, stderr bytes.Buffer
		err := cli.Run(t.Context(), table(), strings.Fields(args), cli.Env{Out: &out, Err: &stderr})
		if cli.ExitCode(err) != cli.ExitUsage || !strings.Contains(fmt.Sprint(err), want) || out.Len() > 0 {
			t.Errorf("%s: got %v and %q, want %s", args, err, out.String(), want)
		}
		if !strings.Contains(fmt.Sprint(err), "\nsee: shop") {
			t.Errorf("%s: the error names no help: %v", args, err)
		}

		cli.PrintError(&stderr, "shop", append(strings.Fields(args), "--json"), err)
		if got := stderr.String(); !strings.HasPrefix(got, `{"error":"`) || !strings.Contains(got, `"help":"shop`) {
			t.Errorf("%s --json: got %s", args, got)
		}
	}
}

// TestShellsComplete completes in real shells: in bash as it does it itself.
func TestShellsComplete(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":             "ask completion judge list mode",
		"l":            "list",
		"list --li":    "--lines",
		"list -":       "--fails --help --json --lines --no-pager",
		"list --lines": "--lines",
		"mode ":        "off on",
		"help m":       "mode",
		"list ":        "",
	} {
		var out bytes.Buffer
		words := strings.Split(line, " ")
		if err := cli.Run(t.Context(), table(), append([]string{"__complete"}, words...), cli.Env{Out: &out}); err != nil {
			t.Errorf("%q: %v", line, err)
		}

		var got []string
		for l := range strings.Lines(out.String()) {
			word, meaning, ok := strings.Cut(l, "\t")
			if !ok || meaning == "\n" {
				t.Errorf("%q: %q has no meaning", line, l)
			}

			got = append(got, word)
		}

		if len(got) > 1 {
			slices.Sort(got)
		}

		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %s", line, got, want)
		}
	}

	bash, err := exec.LookPath("bash")
	if err != nil {
		testhost.Missing(t, "bash")
	}

	// The shell calls this program for the words.
	dir := t.TempDir()

	var script bytes.Buffer
	if err := cli.Run(t.Context(), table(), []string{"completion", "bash"}, cli.Env{Out: &script}); err != nil {
		t.Fatal(err)
	}

	shop := "#!/bin/sh\nprintf '%s|' \"$@\" >&2; printf 'list\\tlist it\\nlast\\tlast one\\n'\n"
	if err := os.WriteFile(filepath.Join(dir, "shop"), []byte(shop), 0o755); err != nil {
		t.Fatal(err)
	}

	script.WriteString("COMP_WORDS=(shop help l) COMP_CWORD=2; _shop; echo \"${COMPREPLY[@]}\"; complete -p shop\n")
	cmd := exec.CommandContext(t.Context(), bash, "--norc")
	cmd.Stdin, cmd.Env = &script, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}

	out, err := cmd.CombinedOutput()
	if want := "list last\ncomplete -o default -F _shop shop\n"; err != nil || string(out) != want {
		t.Errorf("bash: got %q, %v, want %q", out, err, want)
	}
}
