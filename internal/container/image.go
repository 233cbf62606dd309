package container

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
)

// ImageError tells that there is no image to run a command in.
type ImageError struct {
	Image string
	// Text says what went wrong and what can be done.
	Text string
}

func (e *ImageError) Error() string { return e.Text }

// BuildError tells that an image could not be built.
type BuildError struct{ Reason string }

func (e *BuildError) Error() string { return "Docker build failed: " + e.Reason }

// Pull says when an image is pulled.
type Pull int

// The choices of Pull.
const (
	PullMissing Pull = iota
	PullAlways
	PullNever
)

// Progress takes what is said while an image is made ready.
type Progress struct {
	// Begin is called with "Pulling" or "Building" and the name of the image.
	Begin func(what, image string)
	// Output takes what the engine prints.
	Output io.Writer
}

// Ensure sees to it that an image is there, and returns its ID. The error is an
// *ImageError when it is not there and can't be pulled.
func (e *Engine) Ensure(ctx context.Context, name, platform string, pull Pull, p Progress) (id string, err error) {
	if _, err := reference.ParseNormalizedNamed(name); err != nil && !isID(name) {
		return "", &ImageError{Image: name, Text: fmt.Sprintf("%q is no name of a Docker image: %v", name, err)}
	}
	if pull != PullAlways {
		found, err := e.api.ImageInspect(ctx, name)
		if err == nil {
			return found.ID, nil
		}
		if !errdefs.IsNotFound(err) {
			return "", lost(ctx, err)
		}
		if pull == PullNever {
			return "", &ImageError{Image: name, Text: fmt.Sprintf(`The image %q is not there, and it must not be pulled. Build it with "docker build -t %s …", or pull it`, name, name)}
		}
	}
	p.Begin("Pulling", name)
	if err := e.pull(ctx, name, platform, p.Output); err != nil {
		if canceled := context.Cause(ctx); canceled != nil {
			return "", canceled
		}
		return "", &ImageError{Image: name, Text: fmt.Sprintf("The image %q can't be pulled: %s. "+
			`Check its name; "docker login" gives access to private images, and "docker build -t %s …" makes it on this machine`,
			name, said(err), name)}
	}
	found, err := e.api.ImageInspect(ctx, name)
	return found.ID, lost(ctx, err)
}

// isID tells whether a name may be the ID of an image.
func isID(name string) bool {
	_, err := hex.DecodeString(strings.TrimPrefix(name, "sha256:"))
	return err == nil
}

func (e *Engine) pull(ctx context.Context, name, platform string, output io.Writer) error {
	auth, err := e.auth(name)
	if err != nil {
		return err
	}
	body, err := e.api.ImagePull(ctx, name, image.PullOptions{RegistryAuth: auth, Platform: platform})
	if err != nil {
		return err
	}
	defer body.Close()
	return messages(body, output)
}

// auth returns what "docker login" left for the registry of an image.
func (e *Engine) auth(name string) (string, error) {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return "", nil
	}
	file, err := config.Load(e.configFolder())
	if err != nil {
		return "", err
	}
	server := reference.Domain(ref)
	if server == "docker.io" {
		server = "https://index.docker.io/v1/"
	}
	a, err := file.GetAuthConfig(server)
	if err != nil {
		return "", err
	}
	return registry.EncodeAuthConfig(registry.AuthConfig{
		Username: a.Username, Password: a.Password, Auth: a.Auth, ServerAddress: a.ServerAddress,
		IdentityToken: a.IdentityToken, RegistryToken: a.RegistryToken,
	})
}

// Build is an image to make of another one by commands.
type Build struct {
	// From is the image to begin with, Commands are run in it, one layer a line.
	From     string
	Commands []string
	Options  *BuildOptions
}

// Image returns the name of the image, which is different for every base and
// for other commands or options, so that an image that is there needs no build.
func (b *Build) image(baseID string) string {
	text, _ := json.Marshal([]any{baseID, b.lines(), b.Options.args})
	sum := sha256.Sum256(text)
	return "dig2temporal-build:" + hex.EncodeToString(sum[:20])
}

func (b *Build) lines() []string {
	var lines []string
	for _, command := range b.Commands {
		for _, line := range strings.Split(command, "\n") {
			if strings.TrimSpace(line) != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// Build returns the name of the built image. It builds it, when it is not there
// yet, while nobody else holds the lock. The error is a *BuildError when a
// command failed.
func (e *Engine) Build(ctx context.Context, b *Build, lock func(name string) (unlock func(), err error), p Progress) (string, error) {
	pull := PullMissing
	if b.Options.pull {
		pull = PullAlways
	}
	base, err := e.Ensure(ctx, b.From, b.Options.options.Platform, pull, p)
	if err != nil {
		return "", err
	}
	name := b.image(base)
	unlock, err := lock(strings.ReplaceAll(name, ":", "-"))
	if err != nil {
		return "", err
	}
	defer unlock()
	_, err = e.api.ImageInspect(ctx, name)
	if err == nil || !errdefs.IsNotFound(err) {
		return name, lost(ctx, err)
	}
	p.Begin("Building", name)
	return name, e.build(ctx, b, name, p.Output)
}

func (e *Engine) build(ctx context.Context, b *Build, name string, output io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "FROM %s\n", strings.ReplaceAll(b.From, "\n", ""))
	for _, line := range b.lines() {
		fmt.Fprintf(&text, "RUN %s\n", line)
	}
	files, err := archive("Dockerfile", text.String())
	if err != nil {
		return err
	}
	options := b.Options.options
	options.Tags = append(options.Tags[:len(options.Tags):len(options.Tags)], name)
	options.Dockerfile, options.Remove, options.ForceRemove, options.Version = "Dockerfile", true, true, build.BuilderV1
	response, err := e.api.ImageBuild(ctx, files, options)
	if err == nil {
		defer response.Body.Close()
		err = messages(response.Body, output)
	}
	if canceled := context.Cause(ctx); canceled != nil {
		return canceled
	}
	if err != nil {
		return &BuildError{Reason: said(err)}
	}
	return nil
}

// archive is a tar file with one file.
func archive(name, text string) (io.Reader, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return &b, errors.Join(err, w.Close())
}

// messages copies what the engine says to the output, and returns the error that
// it ends with. How far a layer is loaded is left out.
func messages(r io.Reader, output io.Writer) error {
	d := json.NewDecoder(r)
	for {
		var m struct {
			Stream   string          `json:"stream"`
			Status   string          `json:"status"`
			ID       string          `json:"id"`
			Progress json.RawMessage `json:"progressDetail"`
			Error    string          `json:"error"`
		}
		switch err := d.Decode(&m); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case m.Error != "":
			return errors.New(strings.TrimSpace(m.Error))
		case m.Stream != "":
			_, _ = io.WriteString(output, m.Stream)
		case m.Status != "" && (m.ID == "" || len(m.Progress) == 0):
			if m.ID != "" {
				m.Status = m.ID + ": " + m.Status
			}
			_, _ = io.WriteString(output, m.Status+"\n")
		}
	}
}

// said is what the engine said, without the words that the client puts before.
func said(err error) string { return strings.TrimPrefix(err.Error(), "Error response from daemon: ") }

// lost words an error that has nothing to do with what was asked for.
func lost(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if canceled := context.Cause(ctx); canceled != nil {
		return canceled
	}
	return fmt.Errorf("the Docker Engine failed: %w", err)
}
