package desk

import (
	"cmp"
	"net/http"
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// ObjectEntry identifies one stored object and the objects that it belongs to,
// such as its customer, intent or charge.
type ObjectEntry struct {
	ID        string   `json:"id"`
	Object    string   `json:"object"`
	Account   string   `json:"account"`
	BelongsTo []string `json:"belongs_to"`
	seq       uint64
}

// maxObjectsListed limits how many objects the desk lists.
const maxObjectsListed = 300

// Objects lists the newest objects of every account except events, oldest
// first. If parent is not empty, only the objects that belong to it are listed.
func (s *Management) Objects(parent string) []ObjectEntry {
	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()

	out := []ObjectEntry{}
	for _, account := range s.srv.Store.Accounts() {
		for _, kind := range account.Kinds() {
			if kind != api.KindEvent {
				out = append(out, newest(account, account.Index(kind, parent))...)
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
