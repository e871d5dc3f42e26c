package config

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Storage is where orders are kept.
type Storage struct {
	DatabaseURL     Secret        // sqlite:<file> or postgres://…, which may hold a password
	DatabaseTimeout time.Duration // how long one call of the server may take
	SQLiteWait      time.Duration // for another server to leave the SQLite file
	DataKeys        []Secret      // encrypt secrets at rest, the first one; none leaves them in clear
}

func storageSection() section {
	return section{title: "Storage", finish: (*loading).finishStorage, options: []option{
		{
			name:   "DATABASE_URL",
			def:    DatabaseOfLiveKeys,
			file:   true,
			redact: redactDatabase,
			help: "sqlite:<file>, or postgres://user:password@host/database to run more than one replica. " +
				"Percent-encode special characters in user and password (@ as %40, # as %23, % as %25). A database " +
				"belongs to one use, so the default is another file with test keys (" + DatabaseOfTestKeys +
				") and in the sandbox, or without keys (" + DatabaseOfSandbox + ").",
			modes:     storageModes,
			defaultIn: (*loading).defaultDatabase,
			read:      readDatabase,
		},
		{
			name: "DATABASE_TIMEOUT",
			def:  "10s",
			help: "How long one call to the database may take, waits included, 1s to 1m. A row that " +
				"another session has locked is waited for a fifth of it, a busy SQLite file for half. " +
				"After that the buyer, or Stripe, gets a 503 and tries again.",
			modes: checkoutModes,
			read:  duration(func(c *Config) *time.Duration { return &c.DatabaseTimeout }, time.Second, time.Minute),
		},
		{
			name: "SQLITE_WAIT",
			def:  "90s",
			help: "How long a starting server waits for another one to leave the SQLite file, up to 10m, before it " +
				"refuses to start. Until then it listens nowhere. 0: it refuses at once.",
			modes: serveOnly,
			read:  durationOrOff(func(c *Config) *time.Duration { return &c.SQLiteWait }, time.Second, 10*time.Minute),
		},
		{
			name:   "DATA_KEY",
			file:   true,
			redact: redactAll,
			help: "Encrypts client secrets, webhook payloads and signing keys in the database: 32 random bytes as " +
				"base64 or hex (openssl rand -base64 32). To rotate it, list several, separated by commas: the " +
				"first encrypts, each of them decrypts. Once set it is needed for ever.",
			modes: storageModes,
			read:  orEmpty(readDataKeys),
		},
	}}
}

// The databases of the three uses, unless another is given.
const (
	DatabaseOfLiveKeys = "sqlite:./data/checkoutd.db"
	DatabaseOfTestKeys = "sqlite:./data/test.db"
	DatabaseOfSandbox  = "sqlite:./data/sandbox.db"
)

// DatabaseByDefault reports whether DATABASE_URL was not given: the keys, or
// that there are none, decided about the database.
func (c *Config) DatabaseByDefault() bool {
	return slices.ContainsFunc(c.settings, func(s Setting) bool {
		return s.Name == "DATABASE_URL" && s.Source == sourceDefault
	})
}

// defaultDatabase returns the database of the use that the settings are for. A
// command that needs no keys is for the use of those that are set.
func (l *loading) defaultDatabase() string {
	if l.mode == Sandbox {
		return DatabaseOfSandbox
	}

	key, err := l.sources.lookup(option{name: "STRIPE_SECRET_KEY", file: true})
	switch {
	case err != nil: // who may not read the key is not asked to guess
		return DatabaseOfLiveKeys
	case key.text == "":
		return DatabaseOfSandbox
	case strings.Contains(key.text, "_test_"):
		return DatabaseOfTestKeys
	}

	return DatabaseOfLiveKeys
}

// dataKeySize is the length of a data key in bytes.
const dataKeySize = 32

// readDataKeys reads the keys, which a file may also hold one a line. Its error
// does not repeat them.
func readDataKeys(c *Config, s string) error {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		key, err := hex.DecodeString(word)
		if err != nil {
			key, err = base64.StdEncoding.DecodeString(word)
		}
		if err != nil || len(key) != dataKeySize {
			return errors.New("holds something that is not 32 bytes as base64 or hex. Make a key with: openssl rand -base64 32")
		}
		if bytes.Count(key, key[:1]) == dataKeySize {
			return errors.New("holds a key that is one byte repeated. Make a key with: openssl rand -base64 32")
		}

		if slices.Contains(c.DataKeys, Secret(key)) {
			return errors.New("holds the same key twice. List every key once")
		}
		c.DataKeys = append(c.DataKeys, Secret(key))
	}
	return nil
}

func (l *loading) finishStorage() {
	if l.mode == Serve && l.config.liveKeys() && l.valid("DATA_KEY") && len(l.config.DataKeys) == 0 {
		l.warn("DATA_KEY is not set: the database holds client secrets and webhook payloads in clear, and so " +
			"does every copy of it.")
	}
}

func readDatabase(c *Config, s string) error {
	check := errUnknownDatabase
	if file, ok := strings.CutPrefix(s, "sqlite:"); ok {
		check = checkSQLite(file)
	} else if scheme, rest, ok := strings.Cut(s, "://"); ok && (scheme == "postgres" || scheme == "postgresql") {
		check = checkPostgres(rest)
	}

	if check != nil {
		return check
	}

	c.DatabaseURL = Secret(s)
	return nil
}

// None of these errors repeats a part of the address. When it was misread, each
// part may be a piece of the password.
var (
	errUnknownDatabase = errors.New("is of an unknown kind. " +
		"Use sqlite:<file> or postgres://user:password@host/database")
	errDatabaseFile = errors.New("does not name a usable file. Write sqlite: and a path without ?, # or %, " +
		"like sqlite:./data/checkoutd.db")
	errAmbiguousDatabase = errors.New("cannot be read as a URL for certain, so nothing was connected to. " +
		"Percent-encode the special characters of user and password (@ as %40, # as %23, ? as %3F, / as %2F, " +
		": as %3A, % as %25), and write it like postgres://user:p%40ssword@host:5432/database")
)

func checkSQLite(file string) error {
	if file == "" || strings.ContainsAny(file, "?#%") || strings.Contains(file, "://") {
		return errDatabaseFile
	}

	// "//user:password@host/…" is the address of a server with another scheme.
	authority, _, _ := strings.Cut(strings.TrimPrefix(file, "//"), "/")
	if strings.HasPrefix(file, "//") && strings.Contains(authority, "@") {
		return errDatabaseFile
	}

	return nil
}

// checkPostgres refuses an address, without its scheme, that may have been
// meant in another way than the driver reads it. A # or ? in a password ends
// the host for the driver, which would then ask DNS for the user's name and
// take what follows for a port.
func checkPostgres(rest string) error {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}

	authority := rest[:end]
	switch {
	case strings.Contains(rest, "#"), strings.Count(rest, "@") > 1,
		strings.Contains(rest, "@") && !strings.Contains(authority, "@"):
		return errAmbiguousDatabase
	}

	u, err := url.Parse("postgres://" + rest)
	if err != nil || strings.Count(u.EscapedPath(), "/") > 1 {
		return errAmbiguousDatabase
	}

	password, _ := u.User.Password()
	if !plainText(u.User.Username()) || !plainText(password) || !plainHosts(u.Host) || !plainQuery(u.RawQuery) {
		return errAmbiguousDatabase
	}

	return nil
}

// plainText reports whether s may be a user or a password. What was not
// percent-encoded often decodes to something else.
func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// hostPort matches a host, maybe with its port. The host may be an IPv6 address
// in brackets.
var hostPort = regexp.MustCompile(`^(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\])(?::[0-9]{1,5})?$`)

// plainHosts reports whether s is a list of hosts with their ports, or empty.
func plainHosts(s string) bool {
	for host := range strings.SplitSeq(s, ",") {
		if !hostPort.MatchString(host) {
			return false
		}
	}
	return true
}

var settingName = regexp.MustCompile(`^[a-z][a-z0-9_.]*$`)

// plainQuery reports whether s is a list of settings, or empty.
func plainQuery(s string) bool {
	settings, err := url.ParseQuery(s)
	if err != nil {
		return false
	}
	for name := range settings {
		if !settingName.MatchString(name) {
			return false
		}
	}
	return true
}

// redactDatabase shows the file, or the hosts and nothing else of an address
// that could be read for certain.
func redactDatabase(s string) string {
	if file, ok := strings.CutPrefix(s, "sqlite:"); ok && checkSQLite(file) == nil {
		return s
	}

	scheme, rest, _ := strings.Cut(s, "://")
	if (scheme != "postgres" && scheme != "postgresql") || checkPostgres(rest) != nil {
		return redactAll(s)
	}

	u, err := url.Parse("postgres://" + rest)
	if err != nil {
		return redactAll(s)
	}

	return "postgres://" + u.Host
}
