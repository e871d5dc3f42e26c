package httpserver

// ExplainListen is for the tests, which cannot make every address fail.
var ExplainListen = explainListen
