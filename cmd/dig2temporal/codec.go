package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/codec"
)

func (c *Command) codecCommand() *cobra.Command {
	at := &clusterOptions{}
	var listen string
	var origins []string
	cmd := &cobra.Command{
		Use:   "codec [options]",
		Short: "Serve Temporal's Web UI with what encrypted payloads hold",
		Long: `Serve a codec endpoint for Temporal's Web UI and command: it decrypts payloads with
the keys in ` + cluster.EnvEncryption + `, opens compressed ones, and fetches large
ones from the store. It asks nobody who they are: let only those reach it who may
read the payloads.`,
		Example: `  dig2temporal codec --listen localhost:8081 --origin http://localhost:8233`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			outer, err := cluster.Encryption(cluster.Environ(c.Env))
			if err != nil {
				return err
			}
			o := codec.EndpointOptions{Codecs: codec.Codecs(outer...), Origins: origins}
			k, err := c.connect(cmd.Context(), at)
			switch {
			case err != nil:
				fmt.Fprintf(c.Err, "warning: large payloads can't be shown: %v\n", err)
			case k.Payloads != nil:
				o.ExternalStorage = k.Payloads.ExternalStorage()
			}
			if k != nil {
				defer k.Close()
			}
			handler, err := codec.NewEndpoint(o)
			if err != nil {
				return &usageError{err}
			}
			listener, err := net.Listen("tcp", listen)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.Err, "Codec endpoint: http://%s\n", listener.Addr())
			interrupts, release := c.interrupts()
			defer release()
			server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
			go func() {
				<-interrupts
				_ = server.Close()
			}()
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "localhost:8081", "`HOST:PORT` to listen on")
	cmd.Flags().StringSliceVar(&origins, "origin", []string{"http://localhost:8233"}, "`ORIGIN` of a Web UI that may ask, as its address; may be given many times")
	at.add(cmd.Flags())
	_ = cmd.Flags().MarkHidden("output")
	return cmd
}
