package main

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// machineZone returns the zone of the machine under its name, which Go does not
// tell.
func (c *Command) machineZone() *time.Location {
	if c.Zone.String() != "Local" {
		return c.Zone
	}
	name := strings.TrimPrefix(c.getenv("TZ"), ":")
	if name == "" {
		if text, err := os.ReadFile("/etc/timezone"); err == nil {
			name = strings.TrimSpace(string(text))
		} else if link, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
			_, name, _ = strings.Cut(filepath.ToSlash(link), "/zoneinfo/")
		}
	}
	if name == "" || strings.HasPrefix(name, "/") {
		return c.Zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return c.Zone
	}
	return zone
}
