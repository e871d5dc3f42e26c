package conform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// trial is one case under way.
type trial struct {
	run    *runner
	c      Case
	first  answer
	saved  map[string]answer
	result Result
}

// errUntried says why a case cannot be tried.
type errUntried string

func (e errUntried) Error() string { return string(e) }

// errStopped says that a case is decided before its last call.
var errStopped = errors.New("stopped")

// try makes the calls of a case and returns what came of it.
func (r *runner) try(ctx context.Context, c Case) Result {
	t := &trial{run: r, c: c, saved: map[string]answer{}}
	t.result = Result{Name: c.Name, Relies: c.Relies, Where: "internal/" + c.Where, Outcome: Same}

	for i, call := range c.Calls {
		if err := t.make(ctx, call, i); err != nil {
			t.end(ctx, err)
			break
		}
	}

	if len(t.result.Differences) > 0 {
		t.result.Outcome = Different
	}

	return t.result
}

// end notes why a case ended before its last call.
func (t *trial) end(ctx context.Context, err error) {
	var untried errUntried
	switch {
	case errors.Is(err, errStopped):
		return
	case errors.As(err, &untried):
		t.result.Reason = t.run.clean(string(untried))
	case ctx.Err() != nil:
		t.result.Reason, t.result.Unfinished = t.run.whyEnded(ctx), true
	default:
		t.result.Reason, t.result.Unfinished = t.run.clean(err.Error()), true
	}

	t.result.Outcome = NotTried
}

// make makes the nth call of the case and compares the answer.
func (t *trial) make(ctx context.Context, call Call, n int) error {
	filled, err := t.fill(ctx, call, n)
	if err != nil {
		return err
	}

	got, err := t.run.send(ctx, filled)
	if err != nil {
		return err
	}

	found := t.compare(ctx, call, got)
	for tries := 0; call.Poll && len(found) > 0 && tries < maxPolls; tries++ {
		if err := t.run.client.pause(ctx, time.Second); err != nil {
			return err
		}
		if got, err = t.run.send(ctx, filled); err != nil {
			return err
		}

		found = t.compare(ctx, call, got)
	}

	if n == 0 {
		t.first = got
	}

	t.saved[call.As] = got
	return t.judge(call, got, found)
}

// maxPolls is how often a call is repeated whose answer comes late.
const maxPolls = 12

// judge decides what an answer that differs means for the case.
func (t *trial) judge(call Call, got answer, found []Difference) error {
	refused := got.status >= http.StatusBadRequest
	unexpected := slices.ContainsFunc(found, func(d Difference) bool { return d.What == "http" })

	switch {
	case unexpected && refused && call.Unless != "":
		return errUntried(call.Unless + " (" + got.refusal() + ")")
	case unexpected && got.status == http.StatusForbidden && permission.MatchString(got.text("error.message")):
		return errUntried("the key lacks the permission " + permission.FindString(got.text("error.message")))
	}

	t.result.Differences = append(t.result.Differences, found...)
	if unexpected { // what follows would only repeat it
		return errStopped
	}

	return nil
}

// permission is the name by which Stripe says what a restricted key lacks.
var permission = regexp.MustCompile(`rak_[a-z0-9_]+`)

// compare returns how an answer differs from what the call wants.
func (t *trial) compare(ctx context.Context, call Call, got answer) (found []Difference) {
	wants := call.Want
	if !slices.ContainsFunc(wants, func(s string) bool { return strings.HasPrefix(s, "http") }) {
		wants = slices.Concat([]string{"http=200"}, wants)
	}

	if path := call.Pick[0]; path != "" {
		value, _ := t.replace(ctx, call.Pick[1])
		got.tree = got.member(path, value)
	}

	for _, s := range wants {
		written := parseExpectation(s)
		filled := written
		filled.text, _ = t.replace(ctx, written.text)

		value, ok := filled.holds(got)
		if ok {
			continue
		}

		if written.path == "http" && got.status >= http.StatusBadRequest {
			value = got.refusal()
		}

		found = append(found, Difference{
			Call: call.Method + " " + call.Path,
			What: written.path,
			Want: written.String(),
			Got:  t.run.clean(value),
		})
	}

	return found
}

// fill returns a call without placeholders. A POST gets an idempotency key of
// its own, and our mark if it creates what has to be removed.
func (t *trial) fill(ctx context.Context, call Call, n int) (Call, error) {
	var err error
	replace := func(s string) string {
		out, failed := t.replace(ctx, s)
		err = errors.Join(err, failed)
		return out
	}

	call.Path = replace(call.Path)
	call.Params = each(call.Params, replace)
	call.Header = each(call.Header, replace)

	if err != nil {
		return Call{}, err
	}

	hasKey := slices.ContainsFunc(call.Header, func(s string) bool { return strings.HasPrefix(s, "Idempotency-Key") })
	if call.Method == http.MethodPost && !hasKey && !call.OAuth {
		call.Header = append(call.Header, fmt.Sprintf("Idempotency-Key: conform-%s-%s-%d", t.run.id, t.c.Name, n))
	}

	if call.Method == http.MethodPost && isMarked(call.Path) {
		call.Params = append(call.Params, "metadata["+markName+"]="+t.run.id)
	}

	return call, nil
}

func each(list []string, change func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = change(s)
	}
	return out
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)(?:\.([A-Za-z0-9_.:-]+))?\}`)

// replace fills in the placeholders of a text.
func (t *trial) replace(ctx context.Context, s string) (out string, err error) {
	out = placeholder.ReplaceAllStringFunc(s, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		value, failed := t.value(ctx, parts[1], parts[2])
		err = errors.Join(err, failed)
		return value
	})
	return out, err
}

func (t *trial) value(ctx context.Context, name, path string) (string, error) {
	switch name {
	case "run":
		return t.run.id, nil
	case "version":
		return t.run.client.version, nil
	case "first": // the first answer of the case
		return t.first.text(path), nil
	case "account":
		return need(t.run.client.account, "no connected account was given (--account)")
	case "client":
		return need(t.run.config.ClientID, "no CONNECT_CLIENT_ID is set")
	}

	from, ok := t.saved[name]
	if !ok {
		var err error
		if from, err = t.run.fixture(ctx, name); err != nil {
			return "", err
		}
	}

	value := from.text(path)
	if value == "" {
		t.result.Differences = append(t.result.Differences, Difference{
			Call: "the answer named " + name,
			What: path,
			Want: "a value",
			Got:  t.run.clean(from.refusal()),
		})

		return "", errStopped
	}

	return value, nil
}

func need(value, reason string) (string, error) {
	if value == "" {
		return "", errUntried(reason)
	}
	return value, nil
}
