package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/people"
)

// unmapped returns the places among found (see held) that the map of personal
// data does not have: the column, and in JSON the member that it is in. Of an
// event's payload an export has the members in people.PayloadMembers.
func unmapped(found []string) (list []string) {
	for _, f := range found {
		place, _, _ := strings.Cut(f, ": ")
		column, path, _ := strings.Cut(place, " ")
		members := strings.Split(path, ".")
		mapped := slices.ContainsFunc(people.Tables(), func(t people.Table) bool {
			return slices.ContainsFunc(t.Columns, func(c people.Column) bool {
				switch {
				case column != t.Name+"."+c.Name:
					return false
				case c.Form == people.Payload:
					return slices.ContainsFunc(members, func(m string) bool { return slices.Contains(people.PayloadMembers, m) })
				default:
					return c.Paths == nil || slices.Contains(c.Paths, members[0])
				}
			})
		})
		if !mapped {
			list = append(list, f)
		}
	}
	return list
}

// A member of JSON that the map does not name is found, at any depth.
func TestTheMapNamesMembers(t *testing.T) {
	t.Parallel()
	const (
		attempt = `{"contact":{"email":"canary@a.test"},"metadata":{"note":[{"to":"Canary"}],"canary":"x"}}`
		event   = `{"data":{"object":{"billing_details":{"name":"Canary"},"note":"Canary"}}}`
	)
	var found []string
	for column, text := range map[string]string{"attempts.params": attempt, "events.payload": event, "orders.message": "Canary",
		"orders.items": `[{"name":"Canary"}]`} {
		for _, p := range places("", text, canaries) {
			found = append(found, column+p)
		}
	}

	got := unmapped(found)
	slices.Sort(got)
	want := []string{"attempts.params metadata.canary: canary", `attempts.params metadata.note.to: "Canary"`,
		`events.payload data.object.note: "Canary"`, `orders.items name: "Canary"`}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// The map of personal data is whole: nothing of a buyer is anywhere else. What
// it has is in the export, and an erasure by e-mail address removes it.
func TestThePersonalDataIsWhereTheMapSays(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, database e2etest.Option) {
		s := e2etest.OpenShop(t, database, e2etest.Set("BILLING_ADDRESS", "full"), e2etest.Set("COLLECT_EMAIL", "true"))
		shop, reader := s.Backend(t, api.ScopeWrite), s.Backend(t, api.ScopeRead)
		shop.Want(http.StatusCreated, "POST", "/v1/webhook_endpoints", `{"url":"`+echo(t)+`","types":["order.paid"]}`)
		id := bought(t, s, shop, 1)
		s.WantQuiet()

		url := s.Config.DatabaseURL.Reveal()
		var found []string
		s.Eventually("the tries are kept with their answers", func() bool {
			found = held(t, url, canaries...)
			return strings.Contains(strings.Join(found, "\n"), "delivery_tries.excerpt")
		})

		if list := unmapped(found); len(list) > 0 {
			t.Errorf("people.Tables does not have\n%s", strings.Join(list, "\n"))
		}

		named := `{"email":"` + strings.ToUpper(e2etest.CanaryEmail) + `"}`
		export := reader.Call("POST", "/v1/customers/export", named)
		if export.Status != http.StatusOK {
			t.Fatalf("%d %s", export.Status, export.Body)
		}

		for _, word := range append(slices.Clone(canaries), id, `"status":"paid"`, `"last4":"4242"`) {
			if !strings.Contains(export.Body, word) {
				t.Errorf("the export lacks %s", word)
			}
		}

		for _, word := range []string{"_secret_", "token="} {
			if strings.Contains(export.Body, word) {
				t.Errorf("the export has %s", word)
			}
		}

		for _, table := range people.Tables() {
			inTable := slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, table.Name+".") })
			var doc map[string]json.RawMessage
			if err := json.Unmarshal([]byte(export.Body), &doc); err != nil {
				t.Fatal(err)
			}
			if inTable && table.Section != "" && len(doc[table.Section]) < 4 {
				t.Errorf("the section %s is %s", table.Section, doc[table.Section])
			}
		}

		reader.WantProblem("/v1/customers/erase", reader.Call("POST", "/v1/customers/erase", named),
			http.StatusForbidden, "scope_insufficient", "")
		for _, body := range []string{`{}`, `{"email":"a@b.c","reference":"c-1"}`} {
			for _, path := range []string{"/v1/customers/erase", "/v1/customers/export"} {
				shop.WantProblem(path, shop.Call("POST", path, body), http.StatusUnprocessableEntity, "customer_unnamed", "reference")
			}
		}

		erased := shop.Want(http.StatusOK, "POST", "/v1/customers/erase", named)
		proof, _ := erased["proof"].(map[string]any)
		if erased["status"] != "done" || proof["orders"] != 1.0 || len(proof["deleted_at_stripe"].([]any)) != 1 ||
			strings.Contains(strings.ToLower(fmt.Sprint(erased)), "canary") {
			t.Errorf("got %v", erased)
		}

		if left := held(t, url, canaries...); len(left) > 0 {
			t.Errorf("the database still holds\n%s", strings.Join(left, "\n"))
		}
		if again := shop.Want(http.StatusOK, "POST", "/v1/customers/erase", named); again["status"] != "none" || again["proof"] != nil {
			t.Errorf("again: %v", again)
		}

		reader.WantProblem("/v1/customers/export", reader.Call("POST", "/v1/customers/export", named),
			http.StatusNotFound, "customer_not_found", "")

		// A reference may be the last part of a path.
		shop.WantProblem("/v1/customers/erase", shop.Call("GET", "/v1/customers/erase", ""), http.StatusNotFound, "customer_not_found", "")
	})
}
