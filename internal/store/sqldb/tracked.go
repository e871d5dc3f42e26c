package sqldb

import (
	"fmt"
	"strings"
	"time"
)

// Rows is a list of rows of one table that belong to one owner. It loads
// itself, remembers what it loaded and returns the writes that persist what
// has been changed since. *Tracked implements it for any table.
type Rows interface {
	// Load returns the command that reads the rows of an owner.
	Load(ownerID string) Command
	// exists returns the SQL of whether there are rows of the owner $1.
	exists() string
	// Remember records the rows as they were loaded.
	Remember()
	// Save returns the commands that persist the list: changed rows, then
	// appended ones, which it ties to the owner.
	Save(ownerID string, now time.Time) ([]Command, error)
}

// Tracked is a list of rows; see Rows.
type Tracked[T any] struct {
	Table   *Table[T] // has an Owner column
	List    *[]T      // where the rows are read to and saved from
	OrderBy string
	// Early selects changed rows to write before the other ones; may be nil.
	Early func(*T) bool

	loaded [][]any
}

// Load implements Rows.
func (r *Tracked[T]) Load(ownerID string) Command {
	return Command{
		Text: r.Table.Select() + " WHERE " + r.ownerColumn() + " = $1 ORDER BY " + r.OrderBy,
		Args: []any{ownerID},
		Row:  AppendTo(r.List, r.Table.Scan),
	}
}

func (r *Tracked[T]) exists() string {
	return "EXISTS (SELECT 1 FROM " + r.Table.name + " WHERE " + r.ownerColumn() + " = $1)"
}

// Probe returns the command that finds out which of the lists have rows of an
// owner, and writes that to has, which is as long as lists. It costs less than
// to load a few that are empty.
func Probe(ownerID string, lists []Rows, has []bool) Command {
	tests, dests := make([]string, len(lists)), make([]any, len(lists))
	for i, r := range lists {
		tests[i], dests[i] = r.exists(), &has[i]
	}

	return Command{
		Text: "SELECT " + strings.Join(tests, ", "),
		Args: []any{ownerID},
		Row:  func(row Row) error { return row.Scan(dests...) },
	}
}

func (r *Tracked[T]) ownerColumn() string {
	for _, c := range r.Table.cells(new(T)) {
		if c.role == owner {
			return c.column
		}
	}
	panic("database: " + r.Table.name + " has no owner column")
}

// Remember implements Rows. It keeps the values in the form in which they are
// written: a list or map that the rules change in place is seen to differ.
func (r *Tracked[T]) Remember() {
	r.loaded = make([][]any, len(*r.List))
	for i := range *r.List {
		r.loaded[i] = r.Table.Values(&(*r.List)[i])
	}
}

// Save implements Rows.
func (r *Tracked[T]) Save(ownerID string, now time.Time) ([]Command, error) {
	list := *r.List
	if len(list) < len(r.loaded) {
		return nil, fmt.Errorf("database: %s: a row was removed from the state", r.Table.name)
	}

	var early, later []Command
	for i, prev := range r.loaded {
		isEarly := r.Early != nil && r.Early(&list[i])
		update, err := r.Table.Update(prev, &list[i], now)
		if err != nil {
			return nil, err
		}

		if isEarly {
			early = append(early, update...)
		} else {
			later = append(later, update...)
		}
	}

	for i := len(r.loaded); i < len(list); i++ {
		r.Table.setOwner(&list[i], ownerID)
		later = append(later, r.Table.Insert(&list[i], now))
	}

	return append(early, later...), nil
}

// setOwner ties a row to its owner.
func (t *Table[T]) setOwner(v *T, ownerID string) {
	for _, c := range t.cells(v) {
		if c.role == owner {
			*c.field.(textField[string]).p = ownerID
		}
	}
}
