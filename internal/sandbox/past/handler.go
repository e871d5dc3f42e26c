package past

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// ServeHTTP handles the call of the management API that makes accounts with a
// history. It answers with their IDs.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in Request
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, api.MaxBody))
	dec.DisallowUnknownFields()

	status, out := http.StatusOK, any(nil)

	err := dec.Decode(&in)
	if errors.Is(err, io.EOF) {
		err = nil // an empty body asks for the defaults
	} else if err != nil {
		err = &RequestError{err.Error()}
	}

	if err == nil {
		var made []string
		made, err = s.Fill(in)
		out = map[string]any{"accounts": made}
	}

	var wrong *RequestError
	switch {
	case errors.As(err, &wrong):
		status, out = http.StatusUnprocessableEntity, map[string]string{"error": wrong.text}
	case err != nil:
		s.srv.Config.Logger.Error().Err(err).Msg("no history was made")
		status = http.StatusInternalServerError
		out = map[string]string{"error": "the history could not be made; see the log"}
	}

	body, _ := wire.EncodePretty(out) // texts
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
