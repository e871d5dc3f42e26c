package wire

// List is Stripe's list object.
type List struct {
	Object  string `json:"object"`
	Data    any    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

// ListOf returns a list that has only one page.
func ListOf[T any](data []T, url string) List {
	if data == nil {
		data = []T{}
	}
	return List{Object: "list", Data: data, URL: url}
}
