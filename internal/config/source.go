package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/joho/godotenv"
)

// dotenv is the file beside the program that settings may be in.
const dotenv = ".env"

// sources are the layers that values come from, the stronger first.
type sources struct {
	layers   []layer
	readFile func(string) ([]byte, error)
}

type layer struct {
	name   string
	values map[string]string
}

// value is what an option was given, and where.
type value struct {
	text   string
	source string
}

func readSources(environ []string, readFile func(string) ([]byte, error)) (sources, error) {
	env := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, text, ok := strings.Cut(entry, "="); ok {
			env[name] = text
		}
	}
	file, err := readDotenv(readFile)
	return sources{
		layers:   []layer{{"environment", env}, {dotenv, file}},
		readFile: readFile,
	}, err
}

func readDotenv(readFile func(string) ([]byte, error)) (map[string]string, error) {
	text, err := readFile(dotenv)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w. Make it readable for this user, or remove it", dotenv, err)
	}
	values, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		// The parser's own error quotes the file, secrets and all.
		return nil, fmt.Errorf("%s is not understood from line %d on. Write one NAME=value a line, "+
			"and put values with spaces, # or $ in single quotes", dotenv, badLine(string(text)))
	}
	return values, nil
}

// badLine is the number of the line after the longest start of text that can
// be parsed.
func badLine(text string) int {
	lines := strings.SplitAfter(text, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if _, err := godotenv.Unmarshal(strings.Join(lines[:n], "")); err == nil {
			return n + 1
		}
	}
	return 1
}

// lookup finds an option's value in the strongest layer that has one. The
// zero value means that none has.
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
			return value{direct, layer.name}, nil
		case file != "":
			return s.secretFile(o, file)
		}
	}
	return value{}, nil
}

func (s sources) secretFile(o option, path string) (value, error) {
	text, err := s.readFile(path)
	if err != nil {
		// Not the path: who mixes the two variables up has the secret in it.
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return value{}, fmt.Errorf("cannot be read from the file in %s_FILE: %w. "+
			"Give the path of a file that this user may read", o.name, err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return value{}, fmt.Errorf("is empty in the file in %s_FILE. Put the value there", o.name)
	}
	return value{secret, "file"}, nil
}

func (l layer) title() string {
	if l.name == dotenv {
		return "file " + dotenv
	}
	return l.name
}
