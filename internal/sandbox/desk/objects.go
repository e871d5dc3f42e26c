package desk

import (
	"cmp"
	"net/http"
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// ObjectEntry names one kept object and what it belongs to: its customer, its
// intent, its charge.
type ObjectEntry struct {
	ID        string   `json:"id"`
	Object    string   `json:"object"`
	Account   string   `json:"account"`
	BelongsTo []string `json:"belongs_to"`
	seq       uint64
}

// maxObjectsListed bounds what the desk lists.
const maxObjectsListed = 300

// Objects lists the newest objects of every account, oldest first, events left
// out; of is an id and takes those that belong to it, all objects when empty.
func (s *Management) Objects(of string) []ObjectEntry {
	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()

	out := []ObjectEntry{}
	for _, account := range s.srv.Store.Accounts() {
		for kind := range account.Kinds() {
			if kind != api.KindEvent {
				out = append(out, newest(account, account.Index(kind, of))...)
			}
		}
	}

	slices.SortFunc(out, func(a, b ObjectEntry) int { return cmp.Compare(a.seq, b.seq) })
	return out[max(0, len(out)-maxObjectsListed):]
}

// newest returns the newest objects of an index.
func newest(account *memory.Account, index *memory.Index) []ObjectEntry {
	var out []ObjectEntry
	for _, id := range index.Newest(maxObjectsListed) {
		obj, ok := account.Get(id)
		if !ok {
			continue
		}

		out = append(out, ObjectEntry{
			ID:        id,
			Object:    obj.ObjectKind(),
			Account:   account.ID,
			BelongsTo: append([]string{}, obj.Parents()...),
			seq:       account.Seq(id),
		})
	}

	return out
}

func (s *Management) listObjects(w http.ResponseWriter, r *http.Request) {
	reply(w, s.Objects(r.URL.Query().Get("of")))
}
