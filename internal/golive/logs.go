package golive

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"
)

// Logged is what was found in a log.
type Logged struct {
	Name  string
	Seen  bool     // it is the log of the server that answered
	Found []string // what it must not hold, by its kind
}

// maxLog bounds how much of the end of a log is read.
const maxLog = 64 << 20

// SearchLog looks at the end of a log for the canary of a request, and for keys
// and secrets. It waits until the log holds the request, or wait has passed.
func SearchLog(
	ctx context.Context, name string, c Canary, requestID string, secrets []string, wait time.Duration,
) (l Logged, err error) {
	l.Name = name
	deadline := time.NewTimer(wait)
	defer deadline.Stop()

	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()

	for {
		if l.Seen, l.Found, err = searchLog(name, c, requestID, secrets); err != nil || l.Seen {
			return l, err
		}

		select {
		case <-ctx.Done():
			return l, ctx.Err()
		case <-deadline.C:
			return l, nil
		case <-tick.C:
		}
	}
}

func searchLog(name string, c Canary, requestID string, secrets []string) (seen bool, found []string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return false, nil, errors.New("the log cannot be read")
	}
	defer func() { _ = file.Close() }()

	if info, err := file.Stat(); err == nil && info.Size() > maxLog {
		if _, err := file.Seek(-maxLog, io.SeekEnd); err != nil {
			return false, nil, err
		}
	}

	escaped := strings.ReplaceAll(c.Email, "@", "%40")
	kinds := map[string]bool{}
	lines := bufio.NewReaderSize(file, 64<<10)
	for {
		line, err := lines.ReadString('\n')
		seen = seen || requestID != "" && strings.Contains(line, requestID)

		for kind, hit := range map[string]bool{
			"an e-mail address": strings.Contains(line, c.Email) || strings.Contains(line, escaped),
			"a card number":     strings.Contains(line, c.Card),
			"a client secret":   strings.Contains(line, c.Secret),
			"a key or a secret": holdsSecret(line, secrets),
		} {
			if hit && !kinds[kind] {
				kinds[kind] = true
				found = append(found, kind)
			}
		}

		if errors.Is(err, io.EOF) {
			return seen, found, nil
		}
		if err != nil {
			return seen, found, err
		}
	}
}

// logsCanary judges what the log holds of a request with personal data.
func logsCanary(f *facts) verdict {
	const todo = "Run: server golive --log FILE, once for the log of this server and once for that of the proxy."
	switch {
	case !f.logAsked:
		return hidden(todo, "no log was named")
	case f.logged.err != nil:
		return hidden(todo, "%s", f.logged.err)
	}

	l := f.logged.value
	switch {
	case len(l.Found) > 0:
		return red("Log no addresses with their query.", "%s holds %s", l.Name, list(l.Found))
	case !l.Seen:
		return hidden(todo, "%s does not hold the request that was made", l.Name)
	}

	return green("a request with an address, a card number and a client secret left none of them in %s", l.Name)
}
