package store

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// table maps a type to its table. values and scan go through the columns in their order;
// the first column is "id".
type table[T any] struct {
	name    string
	columns []string
	values  func(*T) []any
	scan    func(scanner) (T, error)
	// stamp notes a write in the value: updated_at and, where the store counts
	// versions, the version. was is what was loaded, nil before an insert.
	stamp func(v, was *T, now time.Time)
	// stamped are the columns that stamp sets: alone they are no change.
	stamped []string
}

func (t *table[T]) selects() string {
	return "SELECT " + strings.Join(t.columns, ", ") + " FROM " + t.name
}

// ofOrder reads all rows of an order into list.
func (t *table[T]) ofOrder(list *[]T, orderID, by string) command {
	return command{text: t.selects() + " WHERE order_id = $1 ORDER BY " + by, args: []any{orderID}, row: into(list, t.scan)}
}

func insertText(name string, columns []string) string {
	holders := make([]string, len(columns))
	for i := range columns {
		holders[i] = fmt.Sprintf("$%d", i+1)
	}
	return "INSERT INTO " + name + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(holders, ", ") + ")"
}

func (t *table[T]) insert(v *T, now time.Time) command {
	t.stamp(v, nil, now)
	return command{text: insertText(t.name, t.columns), args: t.values(v)}
}

// loaded remembers a row as it was read, in the form in which it is written.
type loaded[T any] struct {
	value  T
	values []any
}

// remember keeps what was read, so that later only what differs is written.
func (t *table[T]) remember(list []T) []loaded[T] {
	out := make([]loaded[T], len(list))
	for i := range list {
		out[i] = loaded[T]{list[i], t.values(&list[i])}
	}
	return out
}

// update appends to list what writes those columns of v that differ from what was read, if
// any does. Other columns may meanwhile have been moved by a claim.
func (t *table[T]) update(list []command, was *loaded[T], v *T, now time.Time) ([]command, error) {
	after := t.values(v)
	changed := make([]bool, len(after))
	dirty := false
	for i, column := range t.columns {
		changed[i] = !reflect.DeepEqual(was.values[i], after[i])
		if changed[i] && (column == "id" || column == "order_id") {
			return nil, fmt.Errorf("store: %s: %s of a kept row cannot change", t.name, column)
		}
		dirty = dirty || changed[i] && !t.isStamped(column)
	}
	if !dirty {
		return list, nil
	}
	t.stamp(v, &was.value, now)
	args, sets := []any{after[0]}, []string(nil)
	for i, value := range t.values(v) {
		if changed[i] || t.isStamped(t.columns[i]) {
			args = append(args, value)
			sets = append(sets, fmt.Sprintf("%s = $%d", t.columns[i], len(args)))
		}
	}
	return append(list, command{text: "UPDATE " + t.name + " SET " + strings.Join(sets, ", ") + " WHERE id = $1", args: args}), nil
}

func (t *table[T]) isStamped(column string) bool {
	for _, s := range t.stamped {
		if s == column {
			return true
		}
	}
	return false
}

// save gives what writes what became of a list: first the rows that first chooses (nil: none
// before others), then the other known ones, then the new ones.
func (t *table[T]) save(was []loaded[T], list []T, first func(*T) bool, now time.Time) (writes []command, err error) {
	if len(list) < len(was) {
		return nil, fmt.Errorf("store: %s: a row was taken out of the state", t.name)
	}
	for _, early := range []bool{true, false} {
		for i := range was {
			if early == (first != nil && first(&list[i])) {
				if writes, err = t.update(writes, &was[i], &list[i], now); err != nil {
					return nil, err
				}
			}
		}
	}
	for i := len(was); i < len(list); i++ {
		writes = append(writes, t.insert(&list[i], now))
	}
	return writes, nil
}
