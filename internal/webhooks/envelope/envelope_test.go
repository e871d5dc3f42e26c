package envelope_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/webhooks/envelope"
)

// The same reading by encoding/json, which goes over a payload several times.

type oldSnapshot struct {
	ID         string `json:"id"`
	Object     string `json:"object"`
	Type       string `json:"type"`
	Account    string `json:"account"`
	APIVersion string `json:"api_version"`
	Created    int64  `json:"created"`
	Livemode   bool   `json:"livemode"`
	Data       struct {
		Object oldObject `json:"object"`
	} `json:"data"`
}

type oldThin struct {
	ID       string    `json:"id"`
	Object   string    `json:"object"`
	Type     string    `json:"type"`
	Context  string    `json:"context"`
	Created  time.Time `json:"created"`
	Livemode bool      `json:"livemode"`
}

type oldObject struct {
	ID            string               `json:"id"`
	Kind          string               `json:"object"`
	Status        lenient[string]      `json:"status"`
	PaymentIntent oldReference         `json:"payment_intent"`
	Invoice       oldReference         `json:"invoice"`
	Subscription  oldReference         `json:"subscription"`
	Customer      json.RawMessage      `json:"customer"`
	Metadata      lenient[oldMetadata] `json:"metadata"`
	Details       lenient[oldDetails]  `json:"subscription_details"`
	Parent        lenient[struct {
		Details lenient[oldDetails] `json:"subscription_details"`
	}] `json:"parent"`
}

type oldMetadata map[string]string

type oldDetails struct {
	Subscription oldReference         `json:"subscription"`
	Metadata     lenient[oldMetadata] `json:"metadata"`
}

type lenient[T any] struct{ v T }

func (l *lenient[T]) UnmarshalJSON(data []byte) error {
	var v T
	if json.Unmarshal(data, &v) == nil {
		l.v = v
	}
	return nil
}

type oldReference string

func (r *oldReference) UnmarshalJSON(data []byte) error {
	var id lenient[string]
	var expanded lenient[struct {
		ID string `json:"id"`
	}]
	_ = json.Unmarshal(data, &id)
	_ = json.Unmarshal(data, &expanded)

	*r = oldReference(cmp.Or(id.v, expanded.v.ID))
	return nil
}

// oldRaw keeps the bytes of the object.
type oldRaw struct {
	Data struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`
}

// compare fails unless both readings of a payload agree.
func compare(t *testing.T, payload []byte) {
	t.Helper()
	got, err := envelope.Read(payload)

	var snapshot oldSnapshot
	var thin oldThin
	asSnapshot, asThin := json.Unmarshal(payload, &snapshot), json.Unmarshal(payload, &thin)

	if isNull := strings.TrimSpace(string(payload)) == "null"; isNull {
		if err == nil {
			t.Error("null was taken for an event")
		}
		return
	}

	if !json.Valid(payload) && err == nil || asSnapshot == nil && (err != nil || !got.IsSnapshot()) ||
		asThin == nil && (err != nil || !got.IsThin()) {
		t.Fatalf("%q: got %v, snapshot %t, thin %t; encoding/json: valid %t, snapshot %v, thin %v", payload,
			err, got.IsSnapshot(), got.IsThin(), json.Valid(payload), asSnapshot, asThin)
	}

	if err != nil {
		return
	}

	if asSnapshot != nil && got.IsSnapshot() || asThin != nil && got.IsThin() {
		t.Fatalf("%q: snapshot %t, thin %t; encoding/json: %v, %v", payload,
			got.IsSnapshot(), got.IsThin(), asSnapshot, asThin)
	}

	if got.IsThin() {
		g := []any{got.ID, got.Object, got.Type, got.Context, got.CreatedAt, got.Livemode}
		w := []any{thin.ID, thin.Object, thin.Type, thin.Context, thin.Created, thin.Livemode}
		if fmt.Sprintf("%q", g) != fmt.Sprintf("%q", w) {
			t.Errorf("%q as a thin event:\n%q, want\n%q", payload, g, w)
		}
	}

	if got.IsSnapshot() {
		compareSnapshots(t, payload, &got, &snapshot)
	}
}

func compareSnapshots(t *testing.T, payload []byte, got *envelope.Event, old *oldSnapshot) {
	t.Helper()
	g := []any{got.ID, got.Object, got.Type, got.Account, got.APIVersion, got.Created, got.Livemode}
	w := []any{old.ID, old.Object, old.Type, old.Account, old.APIVersion, old.Created, old.Livemode}

	var raw oldRaw
	if err := json.Unmarshal(payload, &raw); err != nil || !bytes.Equal(got.Data.Raw, raw.Data.Object) {
		t.Errorf("%q: the object is %q, want %q (%v)", payload, got.Data.Raw, raw.Data.Object, err)
	}

	o, x := &got.Data, &old.Data.Object
	var customer oldReference
	if x.Customer != nil {
		_ = customer.UnmarshalJSON(x.Customer)
	}

	g = append(g, o.ID, o.Kind, o.Status, o.PaymentIntent, o.Invoice, o.Subscription, o.Customer,
		o.HasNoCustomer, o.Details.Subscription, o.Parent.Subscription)

	w = append(w, x.ID, x.Kind, x.Status.v, x.PaymentIntent, x.Invoice, x.Subscription, customer,
		string(x.Customer) == "null", x.Details.v.Subscription, x.Parent.v.Details.v.Subscription)

	if fmt.Sprintf("%q", g) != fmt.Sprintf("%q", w) {
		t.Errorf("%q:\n%q, want\n%q", payload, g, w)
	}

	for name, pair := range map[string][2]map[string]string{
		"metadata": {o.Metadata, x.Metadata.v},
		"details":  {o.Details.Metadata, x.Details.v.Metadata.v},
		"parent":   {o.Parent.Metadata, x.Parent.v.Details.v.Metadata.v},
	} {
		if !maps.Equal(pair[0], pair[1]) {
			t.Errorf("%q: %s %q, want %q", payload, name, pair[0], pair[1])
		}
	}
}

// values are what the table test and the fuzzer put in the place of others.
var values = []string{
	`"x"`, `""`, `null`, `true`, `false`, `0`, `-0`, `7`, `1.0`, `1e3`, `-9223372036854775808`, `9223372036854775808`,
	`[]`, `{}`, `[[]]`, `{"id":"y"}`, `{"id":5}`, `{"id":"y","id":5}`, `{"id":"y","id":null}`, `{"ID":"y"}`, `{"id":null}`,
	`"\u00fc\ud800\n"`, "\"\xff\"", "\"\x01\"", `"2025-01-02T03:04:05Z"`, `"2025-13-02T03:04:05Z"`,
	`{"a":"b"}`, `{"a":null}`, `{"a":"b","c":1}`, `{"a":"1","a":"2"}`, `{"\u0061":"b"}`, "{\"\xff\":\"b\"}",
	`{"subscription":"sub_1"}`, `{"subscription":{"id":"sub_1"},"metadata":{"a":"b"}}`, `{"subscription":5,"metadata":5}`,
	`{"subscription_details":{"subscription":"sub_1"}}`, `{"subscription_details":null}`, `{"subscription_details":5}`,
	`{"object":{"id":"pi_2"}}`, `{"object":null}`, `{"object":"x"}`, `{"object":{"id":5}}`, `tru`, `01`, `+1`, `{,}`, `[1,]`, ``,
}

var (
	eventNames  = []string{"id", "object", "type", "account", "api_version", "context", "created", "livemode", "data", "other"}
	objectNames = []string{
		"id", "object", "status", "payment_intent", "invoice", "subscription", "customer", "metadata",
		"subscription_details", "parent", "other",
	}
)

const whole = `{"id":"evt_1","object":"event","type":"invoice.paid","account":"acct_1","api_version":"v","created":5,` +
	`"livemode":true, "data" : {"object": {"id":"in_1","object":"invoice","customer":"cus_1","metadata":{"a":"b"},` +
	`"parent":{"subscription_details":{"subscription":"sub_1","metadata":{"c":"d"}}}} } }`

// TestReadsWhatEncodingJSONReads puts every value in the place of every member,
// alone, before and after a good one, and under other spellings of the name.
func TestReadsWhatEncodingJSONReads(t *testing.T) {
	t.Parallel()
	for _, spell := range []func(string) string{
		func(name string) string { return name },
		strings.ToUpper,
		func(name string) string { return fmt.Sprintf(`\u%04x%s`, name[0], name[1:]) },
		func(name string) string { return strings.NewReplacer("s", "\u017f", "i", "\u0131").Replace(name) },
	} {
		for _, value := range values {
			for _, name := range eventNames {
				member := `"` + spell(name) + `":` + value
				compare(t, []byte(`{`+member+`}`))
				compare(t, []byte(`{`+member+`,`+whole[1:]))
				compare(t, []byte(whole[:len(whole)-1]+`, `+member+` }`))
			}

			for _, name := range objectNames {
				const open = `"data" : {"object": {`
				member := `"` + spell(name) + `":` + value
				compare(t, []byte(strings.Replace(whole, open, open+member+`,`, 1)))
				compare(t, []byte(strings.Replace(whole, "} } }", `, `+member+"\t} } }", 1)))
				compare(t, []byte(`{"data":{"object":{`+member+`}}}`))
			}
		}
	}
}

// TestLimitsAreThoseOfEncodingJSON cuts an event short at each byte, and adds
// to its end and to its depth.
func TestLimitsAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	for i := range len(whole) {
		compare(t, []byte(whole[:i]))
	}

	for _, payload := range []string{whole + " \n", whole + "x", whole + "{}", whole + ",", "\ufeff" + whole, " " + whole} {
		compare(t, []byte(payload))
	}

	for depth := 9_996; depth <= 10_002; depth++ {
		for _, format := range []string{`{"a":%s}`, `{"data":%s}`, `{"data":{"object":%s}}`, `{"data":{"object":{"a":%s}}}`} {
			deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
			compare(t, fmt.Appendf(nil, format, deep))

			deep = strings.Repeat(`{"id":`, depth) + "1" + strings.Repeat("}", depth)
			compare(t, fmt.Appendf(nil, format, deep))
			compare(t, fmt.Appendf(nil, `{"data":{"object":{"customer":%s}}}`, deep))
		}
	}
}

// TestReadChangesNothing holds that a payload that is signed stays as it is.
func TestReadChangesNothing(t *testing.T) {
	t.Parallel()
	payload := append([]byte(whole), "beyond"...)[:len(whole)]
	e, err := envelope.Read(payload)
	if err != nil || string(payload[:len(whole)+6]) != whole+"beyond" || cap(e.Data.Raw) != len(e.Data.Raw) {
		t.Errorf("%v; after the reading the payload is %q", err, payload[:len(whole)+6])
	}
}

func FuzzSameAsEncodingJSON(f *testing.F) {
	f.Add([]byte(whole))
	for _, value := range values {
		f.Add([]byte(`{"created":` + value + `,"data":{"object":{"customer":` + value + `}}}`))
		f.Add([]byte(`{"id":` + value + `,"data":{"object":{"parent":` + value + `,"metadata":` + value + `}}}`))
	}

	f.Fuzz(func(t *testing.T, payload []byte) { compare(t, payload) })
}

var sink envelope.Event

// BenchmarkRead reads an event of 3 KB; "several" is what it replaced.
func BenchmarkRead(b *testing.B) {
	members := strings.Repeat(`"a_member_of_the_intent": {"enabled": true, "value": null},
      `, 40)
	payload := []byte(strings.Replace(whole, `"id":"in_1",`, members+`"id":"in_1",`, 1))
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink, _ = envelope.Read(payload)
		}
	})

	b.Run("several", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var s oldSnapshot
			var thin oldThin
			_, _ = json.Unmarshal(payload, &thin), json.Unmarshal(payload, &s)
		}
	})
}
