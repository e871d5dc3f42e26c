package wire

// List is Stripe's list object.
type List struct {
	Object  string `json:"object"`
	Data    any    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

// CountedList is a list within another object.
type CountedList struct {
	List
	TotalCount int `json:"total_count"`
}

// WholeList returns a list within another object, with all that it has.
func WholeList[T any](data []T, url string) CountedList {
	return CountedList{List: ListOf(data, url), TotalCount: len(data)}
}

// ListOf returns a list that has only one page.
func ListOf[T any](data []T, url string) List {
	if data == nil {
		data = []T{}
	}
	return List{Object: "list", Data: data, URL: url}
}
