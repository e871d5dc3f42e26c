package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// libpqSettings are the settings of an address that PostgreSQL's own tools
// know. Others, such as statement_timeout, are our driver's, and libpq refuses
// an address with them
// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
var libpqSettings = []string{
	"host", "hostaddr", "port", "dbname", "user", "passfile", "connect_timeout", "application_name", "options",
	"sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslsni", "channel_binding", "gssencmode",
	"krbsrvname", "target_session_attrs", "keepalives", "keepalives_idle",
}

// libpqAddress returns the address for PostgreSQL's tools without the password,
// which other users of the machine could read among their arguments, and the
// password.
func libpqAddress(databaseURL string) (address, password string, err error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", "", errors.New("DATABASE_URL cannot be read as a URL")
	}

	if u.User != nil {
		password, _ = u.User.Password()
		u.User = url.User(u.User.Username())
	}

	q := u.Query()
	if p := q.Get("password"); p != "" {
		password = p
	}
	for name := range q {
		if !slices.Contains(libpqSettings, name) {
			q.Del(name)
		}
	}
	u.RawQuery = q.Encode()

	return u.String(), password, nil
}

// postgresTool runs one of PostgreSQL's tools on the database and returns its
// output. The password is in its environment.
func postgresTool(ctx context.Context, databaseURL, name string, args ...string) (out string, err error) {
	address, password, err := libpqAddress(databaseURL)
	if err != nil {
		return "", err
	}

	cmd := exec.CommandContext(ctx, name, append(args, "--no-password", "--dbname="+address)...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c statement_timeout=0")
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	return runTool(cmd)
}

func runTool(cmd *exec.Cmd) (out string, err error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s failed: %s (%w)", cmd.Args[0], lastLine(stderr.String()), err)
	}
	return stdout.String(), nil
}

// longestLine bounds what is quoted of a tool's output, in characters.
const longestLine = 300

// lastLine returns the last line of what a tool printed, which says why it gave
// up: warnings come before it.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	line := []rune(strings.TrimSpace(text[strings.LastIndex(text, "\n")+1:]))
	if len(line) > longestLine {
		return string(line[:longestLine]) + "…"
	}
	return string(line)
}

// dumpPostgres lets pg_dump write the database to path, and pg_restore read it
// back.
func dumpPostgres(ctx context.Context, databaseURL, path string) error {
	for _, tool := range []string{"pg_dump", "pg_restore"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not on this machine, which copies a PostgreSQL database. Install PostgreSQL's "+
				"client programs of the server's version, or run this where they are: pg_dump --format=custom "+
				"--file=database.dump \"$DATABASE_URL\" && pg_restore --list database.dump", tool)
		}
	}

	if _, err := postgresTool(ctx, databaseURL, "pg_dump", "--format=custom",
		"--lock-wait-timeout=60000", "--file="+path); err != nil {
		return err
	}
	return checkDump(ctx, path)
}

// checkDump returns an error unless pg_restore finds our tables in the dump.
func checkDump(ctx context.Context, path string) error {
	list, err := runTool(exec.CommandContext(ctx, "pg_restore", "--list", path))
	if err != nil {
		return err
	}
	for _, table := range []string{"orders", "attempts", "events", "settings", "goose_db_version"} {
		if !strings.Contains(list, "TABLE DATA ") || !strings.Contains(list, " "+table+" ") {
			return fmt.Errorf("the dump lacks the table %s", table)
		}
	}
	return nil
}
