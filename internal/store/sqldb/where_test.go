package sqldb_test

import (
	"reflect"
	"testing"

	"checkoutd/internal/store/sqldb"
)

func TestWhere(t *testing.T) {
	t.Parallel()

	var w sqldb.Where
	if w.String() != "" {
		t.Errorf("without conditions it is %q", w.String())
	}

	sqldb.AddIn(&w, "state", []string{"a", "b"})
	sqldb.AddIn(&w, "id", []string{})
	w.AddArg("n >=", 3)
	w.Add("(x, y) < (" + w.Arg(4) + ", " + w.Arg(5) + ")")

	if got, want := w.String(), " WHERE state IN ($1, $2) AND n >= $3 AND (x, y) < ($4, $5)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := w.Args(), []any{"a", "b", 3, 4, 5}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
