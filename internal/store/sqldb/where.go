package sqldb

import (
	"fmt"
	"strings"
)

// Where collects the conditions of a query and the arguments of its
// placeholders. The zero value selects every row.
type Where struct {
	terms []string
	args  []any
}

// Arg adds an argument and returns its placeholder.
func (w *Where) Arg(arg any) string {
	w.args = append(w.args, arg)
	return fmt.Sprintf("$%d", len(w.args))
}

// Args returns the arguments, in the order of their placeholders.
func (w *Where) Args() []any { return w.args }

// Add adds a condition.
func (w *Where) Add(term string) { w.terms = append(w.terms, term) }

// AddArg adds a condition that ends with an argument: AddArg("n >=", 3).
func (w *Where) AddArg(term string, arg any) { w.Add(term + " " + w.Arg(arg)) }

// AddIn adds "column IN (list)". An empty list adds nothing.
func AddIn[T ~string](w *Where, column string, list []T) {
	if len(list) == 0 {
		return
	}
	holders := make([]string, len(list))
	for i, v := range list {
		holders[i] = w.Arg(string(v))
	}
	w.Add(column + " IN (" + strings.Join(holders, ", ") + ")")
}

// String returns " WHERE …", or "" without conditions.
func (w *Where) String() string {
	if len(w.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.terms, " AND ")
}
