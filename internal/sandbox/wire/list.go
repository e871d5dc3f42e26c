package wire

// list is Stripe's list object.
type list struct {
	Object  string `json:"object"`
	Data    any    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

func ListOf[T any](data []T, url string) list {
	if data == nil {
		data = []T{}
	}
	return list{Object: "list", Data: data, URL: url}
}
