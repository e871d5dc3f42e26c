package sqldb

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Table maps a Go type to a table. The select list, the values of an insert
// and the destinations of a scan all come from one list of cells.
type Table[T any] struct {
	name    string
	columns []string
	list    string // of the columns
	cells   func(*T) []Cell
}

// NewTable returns the mapping of a table. cells returns the cells of one
// value, always with the same columns, of which the first is the key.
func NewTable[T any](name string, cells func(*T) []Cell) *Table[T] {
	t := &Table[T]{name: name, cells: cells}
	for _, c := range cells(new(T)) {
		t.columns = append(t.columns, c.column)
	}
	t.list = strings.Join(t.columns, ", ")
	return t
}

// Columns returns the columns for a select list.
func (t *Table[T]) Columns() string { return t.list }

// Select returns "SELECT … FROM …" for use with Scan.
func (t *Table[T]) Select() string { return "SELECT " + t.list + " FROM " + t.name }

// Scan reads a row of Select.
func (t *Table[T]) Scan(row Row) (v T, err error) {
	cells := t.cells(&v)
	dests := make([]any, len(cells))
	for i, c := range cells {
		dests[i] = c.field.dest()
	}
	return v, row.Scan(dests...)
}

// Values returns the values of a row, in the order of the columns.
func (t *Table[T]) Values(v *T) []any { return values(t.cells(v)) }

func values(cells []Cell) []any {
	out := make([]any, len(cells))
	for i, c := range cells {
		out[i] = c.field.value()
	}
	return out
}

// Insert returns the command that inserts v. It sets v's created_at,
// updated_at and version.
func (t *Table[T]) Insert(v *T, now time.Time) Command {
	cells := t.cells(v)
	for _, c := range cells {
		switch f := c.field.(type) {
		case timeField:
			if c.role == updated || c.role == created && f.p.IsZero() {
				*f.p = now
			}

		case intField[int64]:
			if c.role == version {
				*f.p = 1
			}
		}
	}

	args := values(cells)
	for i := range args {
		args[i] = written(args[i])
	}

	return Command{Text: insertText(t.name, t.columns), Args: args}
}

func insertText(table string, columns []string) string {
	holders := make([]string, len(columns))
	for i := range columns {
		holders[i] = fmt.Sprintf("$%d", i+1)
	}
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ")" +
		" VALUES (" + strings.Join(holders, ", ") + ")"
}

// Update returns the command that writes the columns of v that differ from
// prev, the Values that were read; none if nothing differs. Columns that a
// claim may have moved meanwhile are left alone. It sets v's updated_at and
// version.
func (t *Table[T]) Update(prev []any, v *T, now time.Time) ([]Command, error) {
	cells := t.cells(v)
	changed := make([]bool, len(cells))
	dirty := false
	for i, c := range cells {
		changed[i] = !reflect.DeepEqual(prev[i], c.field.value())
		if changed[i] && c.role.fixed() {
			return nil, fmt.Errorf("database: %s: %s of a stored row cannot change", t.name, c.column)
		}

		dirty = dirty || changed[i] && !c.role.stamped()
	}

	if !dirty {
		return nil, nil
	}

	args, sets := []any{prev[0]}, []string(nil)
	for i, c := range cells {
		switch c.role {
		case updated:
			*c.field.(timeField).p = now
		case version:
			*c.field.(intField[int64]).p = prev[i].(int64) + 1
		default:
			if !changed[i] {
				continue
			}
		}

		args = append(args, written(c.field.value()))
		sets = append(sets, fmt.Sprintf("%s = $%d", c.column, len(args)))
	}

	text := "UPDATE " + t.name + " SET " + strings.Join(sets, ", ") + " WHERE " + t.columns[0] + " = $1"
	return []Command{{Text: text, Args: args}}, nil
}
