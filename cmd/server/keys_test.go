package main

import (
	"strings"
	"testing"

	"checkoutd/internal/api"
)

func TestKeysBesideAServer(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start("checkoutd sandbox", "sandbox")

	made := strings.Split(p.ok("keys", "create", "--name", "Shop's backend", "--scope", "write"), "\n")
	secret := made[0]
	if !strings.HasPrefix(secret, "ck_test_") || !strings.Contains(made[1], "created key_") {
		t.Fatalf("printed %q, want the key on a line of its own", made)
	}

	id := strings.Fields(made[1])[1]
	hint := "ck_test_…" + secret[len(secret)-4:]
	row := strings.Fields(listedKey(p, id))
	if got := strings.Join(row[1:5], " "); got != "Shop's backend write "+hint {
		t.Errorf("listed as %q", row)
	}
	if strings.Contains(p.ok("keys", "list"), secret) {
		t.Error("the list shows the key")
	}

	p.ok("keys", "revoke", id)
	if got := strings.Fields(listedKey(p, id)); len(got) != len(row)+1 {
		t.Errorf("listed as %q after the revocation, want its time", got)
	}

	p.fails([]string{"keys", "revoke", "key_none"}, "no such key")
}

// listedKey returns the line of a key in the list.
func listedKey(p *program, id string) string {
	p.Helper()
	for line := range strings.SplitSeq(p.ok("keys", "list"), "\n") {
		if strings.HasPrefix(line, id) {
			return line
		}
	}
	p.Fatalf("%s is not listed", id)
	return ""
}

func TestKeysAreForThePaymentsOfTheirDatabase(t *testing.T) {
	t.Parallel()
	for bound, prefix := range map[string]string{
		"the sandbox": "ck_test_",
		"test keys":   "ck_test_",
		"live keys":   "ck_live_",
	} {
		p := newProgram(t)
		s := p.open()
		p.fails([]string{"keys", "create", "--name", "a", "--scope", "read"}, "start the server once")

		if _, err := s.Bind(t.Context(), bound); err != nil {
			t.Fatal(err)
		}
		if out := p.ok("keys", "create", "--name", "a", "--scope", "read"); !strings.HasPrefix(out, prefix) {
			t.Errorf("%s: printed %q, want %s…", bound, out, prefix)
		}

		list, err := s.APIKeys(t.Context())
		if err != nil || len(list) != 1 || list[0].Scope != api.ScopeRead || list[0].Livemode != (bound == "live keys") {
			t.Errorf("%s: stored %+v, %v", bound, list, err)
		}
	}
}

func TestKeysRefusesUnclearArguments(t *testing.T) {
	t.Parallel()
	p := newProgram(t)

	p.fails([]string{"keys"}, "create, list or revoke")
	p.fails([]string{"keys", "delete"}, "delete")
	p.fails([]string{"keys", "create"}, "--name", "--scope")
	p.fails([]string{"keys", "create", "--name", "a"}, "--scope")
	p.fails([]string{"keys", "create", "--name", "a", "--scope", "admin"}, "read, write or refund")
	p.fails([]string{"keys", "create", "--name", "a", "--scope", "read", "b"}, "unexpected")
	p.fails([]string{"keys", "list", "a"}, "unexpected")
	p.fails([]string{"keys", "revoke"}, "key_")
	p.fails([]string{"keys", "revoke", "ck_test_a"}, "key_")
	p.fails([]string{"keys", "list"}, "database")
}
