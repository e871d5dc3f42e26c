package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/joho/godotenv"

	"checkoutd/internal/cleantext"
)

// dotenv is the file in the working directory that may hold settings.
const dotenv = ".env"

// sources are the places that values come from.
type sources struct {
	layers   []layer // by precedence, the highest first
	readFile func(string) ([]byte, error)
}

// layer is one source of named values.
type layer struct {
	name   string
	values map[string]string
}

// value is the text that an option was set to, and where it was found.
type value struct {
	text   string
	source string
	quoted bool // text is in quotes, which belong to it
}

// readSources collects the environment and .env.
func readSources(environ []string, readFile func(string) ([]byte, error)) (sources, error) {
	env := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, text, ok := strings.Cut(entry, "="); ok {
			env[name] = text
		}
	}

	// Some editors begin a file with a byte order mark, which belongs to no
	// value.
	readText := func(path string) ([]byte, error) {
		data, err := readFile(path)
		return cleantext.WithoutBOM(data), err
	}

	file, err := readDotenv(readText)
	if err != nil {
		return sources{}, err
	}

	return sources{
		layers:   []layer{{"environment", env}, {dotenv, file}},
		readFile: readText,
	}, nil
}

// readDotenv returns the values in .env, none if there is no such file.
func readDotenv(readFile func(string) ([]byte, error)) (map[string]string, error) {
	data, err := readFile(dotenv)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w. Make it readable for this user, or remove it", dotenv, err)
	}

	values, err := godotenv.UnmarshalBytes(data)
	if err != nil {
		// The parser's own error quotes the file, including its secrets.
		return nil, fmt.Errorf("%s cannot be parsed from line %d on. Write one NAME=value per line, "+
			"and put values with spaces, # or $ in single quotes", dotenv, badLine(string(data)))
	}

	return values, nil
}

// badLine returns the number of the line that follows the longest prefix of
// text that can be parsed.
func badLine(text string) int {
	lines := strings.SplitAfter(text, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := godotenv.Unmarshal(strings.Join(lines[:n], "")); err == nil {
			return n + 1
		}
	}
	return 1
}

// lookup returns the option's value from the first layer that has one, and
// the zero value if none has.
func (s sources) lookup(o option) (value, error) {
	for _, layer := range s.layers {
		direct, file := strings.TrimSpace(layer.values[o.name]), ""
		if o.file {
			file = layer.values[o.name+"_FILE"]
		}

		switch {
		case direct != "" && file != "":
			return value{}, fmt.Errorf("and %s_FILE are both set in the %s. Keep one of them", o.name, layer.title())
		case direct != "":
			return value{direct, layer.name, layer.name != dotenv && isQuoted(direct)}, nil
		case file != "":
			return s.secretFile(o, file)
		}
	}

	return value{}, nil
}

// secretFile reads the option's value from the file at path.
func (s sources) secretFile(o option, path string) (value, error) {
	data, err := s.readFile(path)
	if err != nil {
		// The path is not repeated: if the two variables were mixed up, it
		// is the secret.
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err
		}

		advice := "Give the path of a file that this user may read"
		if isQuoted(path) {
			advice = quotesKept
		}

		return value{}, fmt.Errorf("cannot be read from the file in %s_FILE: %w. %s", o.name, err, advice)
	}

	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return value{}, fmt.Errorf("is empty in the file in %s_FILE. Write the value into that file", o.name)
	}

	return value{secret, "file", isQuoted(secret)}, nil
}

// quotesKept explains a value in quotes. A shell and .env remove quotes; other
// readers of environment files do not
// (https://docs.docker.com/reference/cli/docker/container/run/#env).
const quotesKept = "It is in quotes, and the quotes belong to it: docker run --env-file, for one, keeps them. " +
	"Remove the quotes"

// isQuoted reports whether s begins and ends with the same quote.
func isQuoted(s string) bool {
	return len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0]
}

// given reports whether any layer has a value for the option or its file.
func (s sources) given(name string) bool {
	for _, layer := range s.layers {
		if strings.TrimSpace(layer.values[name]) != "" || layer.values[name+"_FILE"] != "" {
			return true
		}
	}
	return false
}

// title returns the layer's name as sentences use it.
func (l layer) title() string {
	if l.name == dotenv {
		return "file " + dotenv
	}
	return l.name
}
