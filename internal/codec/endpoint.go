package codec

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"go.temporal.io/sdk/converter"
)

// EndpointOptions configure NewEndpoint.
type EndpointOptions struct {
	// Codecs are those that clients and workers apply, as Codecs returns them.
	Codecs []converter.PayloadCodec
	// ExternalStorage is where clients and workers keep large payloads; the zero
	// value when they keep none.
	ExternalStorage converter.ExternalStorage
	// Origins are the origins of Web UIs that may ask from a browser, such as
	// "http://localhost:8080". "*" allows every one, without credentials.
	Origins []string
}

// NewEndpoint returns a handler for the codec endpoint of Temporal's Web UI and
// command: POST /decode, /encode and /download below any path. It checks nobody's
// identity; who may ask is the caller's to decide.
func NewEndpoint(options EndpointOptions) (http.Handler, error) {
	payloads, err := converter.NewPayloadHTTPHandler(converter.PayloadHTTPHandlerOptions{
		PreStorageCodecs: options.Codecs,
		ExternalStorage:  options.ExternalStorage,
	})
	if err != nil {
		return nil, err
	}
	e := &endpoint{payloads: payloads, maxBody: maxBody}
	for _, origin := range options.Origins {
		if origin == "*" {
			e.any = true
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
			return nil, fmt.Errorf("%q is no origin, expected one as http://localhost:8080", origin)
		}
		e.origins = append(e.origins, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	return e, nil
}

// maxBody is the most bytes of a request.
const maxBody = 64 << 20

type endpoint struct {
	payloads http.Handler
	maxBody  int64
	origins  []string
	any      bool
}

// ServeHTTP answers browsers' questions before a request and the requests.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		switch {
		case slices.Contains(e.origins, strings.ToLower(origin)):
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Credentials", "true")
		case e.any:
			h.Set("Access-Control-Allow-Origin", "*")
		default:
			http.Error(w, fmt.Sprintf("the origin %q may not ask this endpoint", origin), http.StatusForbidden)
			return
		}
		h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Authorization, Authorization-Extras, Content-Type, X-CSRF-Token, X-Namespace")
	}
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, e.maxBody)
	e.payloads.ServeHTTP(w, r)
}
