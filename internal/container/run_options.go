package container

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/go-connections/nat"
	"github.com/docker/go-units"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// ParseRunOptions reads options of "docker run", as one would type them. Files
// in them are relative to the folder; variables without a value come from the
// environment. The error is an *OptionError.
func ParseRunOptions(args []string, folder string, variables []string) (*RunOptions, error) {
	o := &RunOptions{}
	f := newFlags()
	o.resources(f)
	o.isolation(f)
	o.network(f)
	o.files(f)
	o.identity(f, folder, variables)
	f.ignored("rm", "interactive i", "quiet q", "sig-proxy")
	var detach bool
	f.bool("detach d", &detach)
	f.convert = append(f.convert, func() error {
		if detach {
			return optionErrorf("--detach: tasks wait for their commands")
		}
		return nil
	})
	// The task's own folder comes after the options, so this never counted.
	f.string("workdir w", new(string))
	return o, f.parse("run", args)
}

func (o *RunOptions) resources(f *flags) {
	r := &o.host.Resources
	f.text("memory m", bytesTo(&r.Memory))
	f.text("memory-swap", func(v string) error {
		if v == "-1" {
			r.MemorySwap = -1
			return nil
		}
		return bytesTo(&r.MemorySwap)(v)
	})
	f.text("memory-reservation", bytesTo(&r.MemoryReservation))
	f.text("shm-size", bytesTo(&o.host.ShmSize))
	f.text("cpus", func(v string) error {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || n < 0 || n > 1e6 {
			return errors.New("expected a number of CPUs")
		}
		r.NanoCPUs = int64(n * 1e9)
		return nil
	})
	f.text("cpu-shares c", integerTo(&r.CPUShares))
	f.text("cpu-period", integerTo(&r.CPUPeriod))
	f.text("cpu-quota", integerTo(&r.CPUQuota))
	f.string("cpuset-cpus", &r.CpusetCpus)
	f.string("cpuset-mems", &r.CpusetMems)
	f.string("cgroup-parent", &r.CgroupParent)
	f.text("pids-limit", func(v string) error {
		r.PidsLimit = new(int64)
		return integerTo(r.PidsLimit)(v)
	})
	f.text("oom-score-adj", func(v string) error {
		var n int64
		err := integerTo(&n)(v)
		o.host.OomScoreAdj = int(n)
		return err
	})
	f.texts("ulimit", func(v string) error {
		limit, err := units.ParseUlimit(v)
		r.Ulimits = append(r.Ulimits, limit)
		return err
	})
	f.texts("device", func(v string) error {
		parts := strings.Split(v, ":")
		device := container.DeviceMapping{PathOnHost: parts[0], PathInContainer: parts[0], CgroupPermissions: "rwm"}
		if len(parts) > 1 {
			device.PathInContainer = parts[1]
		}
		if len(parts) > 2 {
			device.CgroupPermissions = parts[2]
		}
		r.Devices = append(r.Devices, device)
		return nil
	})
	f.texts("gpus", func(v string) error {
		request, err := gpus(v)
		r.DeviceRequests = append(r.DeviceRequests, request)
		return err
	})
}

func (o *RunOptions) isolation(f *flags) {
	h := &o.host
	f.bool("privileged", &h.Privileged)
	f.bool("read-only", &h.ReadonlyRootfs)
	f.list("cap-add", (*[]string)(&h.CapAdd))
	f.list("cap-drop", (*[]string)(&h.CapDrop))
	f.texts("security-opt", func(v string) error {
		v, err := seccomp(v)
		h.SecurityOpt = append(h.SecurityOpt, v)
		return err
	})
	f.pairs("sysctl", &h.Sysctls)
	f.string("ipc", (*string)(&h.IpcMode))
	f.string("pid", (*string)(&h.PidMode))
	f.string("uts", (*string)(&h.UTSMode))
	f.string("userns", (*string)(&h.UsernsMode))
	f.string("cgroupns", (*string)(&h.CgroupnsMode))
	f.string("runtime", &h.Runtime)
	var init bool
	f.bool("init", &init)
	f.convert = append(f.convert, func() error {
		if f.set.Changed("init") {
			h.Init = &init
		}
		return nil
	})
	f.string("log-driver", &h.LogConfig.Type)
	f.pairs("log-opt", &h.LogConfig.Config)
}

func (o *RunOptions) network(f *flags) {
	h := &o.host
	network := func(v string) error {
		h.NetworkMode = container.NetworkMode(v)
		return nil
	}
	f.text("network", network)
	f.text("net", network)
	f.list("dns", &h.DNS)
	f.list("dns-search", &h.DNSSearch)
	f.list("dns-option", &h.DNSOptions)
	f.list("add-host", &h.ExtraHosts)
	f.list("link", &h.Links)
	f.string("hostname h", &o.config.Hostname)
	f.string("domainname", &o.config.Domainname)
	f.texts("publish p", func(v string) error {
		exposed, bindings, err := nat.ParsePortSpecs([]string{v})
		if err != nil {
			return err
		}
		if o.config.ExposedPorts == nil {
			o.config.ExposedPorts, h.PortBindings = nat.PortSet{}, nat.PortMap{}
		}
		for port := range exposed {
			o.config.ExposedPorts[port] = struct{}{}
		}
		for port, list := range bindings {
			h.PortBindings[port] = append(h.PortBindings[port], list...)
		}
		return nil
	})
}

func (o *RunOptions) files(f *flags) {
	h := &o.host
	f.texts("volume v", func(v string) error {
		if strings.Contains(v, ":") {
			h.Binds = append(h.Binds, v)
			return nil
		}
		if o.config.Volumes == nil {
			o.config.Volumes = map[string]struct{}{}
		}
		o.config.Volumes[v] = struct{}{}
		return nil
	})
	f.list("volumes-from", &h.VolumesFrom)
	f.texts("mount", func(v string) error {
		m, err := mounted(v)
		h.Mounts = append(h.Mounts, m)
		return err
	})
	f.texts("tmpfs", func(v string) error {
		if h.Tmpfs == nil {
			h.Tmpfs = map[string]string{}
		}
		target, options, _ := strings.Cut(v, ":")
		h.Tmpfs[target] = options
		return nil
	})
}

func (o *RunOptions) identity(f *flags, folder string, variables environ) {
	c := &o.config
	f.string("user u", &c.User)
	f.list("group-add", &o.host.GroupAdd)
	f.text("entrypoint", func(v string) error {
		c.Entrypoint = []string{v}
		return nil
	})
	f.bool("tty t", &c.Tty)
	f.pairs("label l", &c.Labels)
	f.string("name", &o.name)
	f.string("stop-signal", &c.StopSignal)
	f.texts("env-file", func(v string) error {
		if !filepath.IsAbs(v) {
			v = filepath.Join(folder, v)
		}
		text, err := os.ReadFile(v)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			if line := strings.TrimLeft(lines.Text(), " \t"); line != "" && line[0] != '#' {
				c.Env = appendVariable(c.Env, line, variables)
			}
		}
		return lines.Err()
	})
	f.texts("env e", func(v string) error {
		c.Env = appendVariable(c.Env, v, variables)
		return nil
	})
	f.text("platform", func(v string) error {
		parts := append(strings.SplitN(v, "/", 3), "", "")
		o.platform = &ocispec.Platform{OS: parts[0], Architecture: parts[1], Variant: parts[2]}
		return nil
	})
	f.text("pull", func(v string) error {
		switch v {
		case "always":
			o.Pull = PullAlways
		case "missing":
			o.Pull = PullMissing
		case "never":
			o.Pull = PullNever
		default:
			return errors.New("expected always, missing or never")
		}
		return nil
	})
}

// appendVariable adds "NAME=value", or the value that NAME has in the
// environment.
func appendVariable(list []string, entry string, variables environ) []string {
	if !strings.Contains(entry, "=") {
		value, ok := variables.lookup(entry)
		if !ok {
			return list
		}
		entry += "=" + value
	}
	return merged(list, environ{entry})
}

func bytesTo(to *int64) func(string) error {
	return func(v string) (err error) {
		*to, err = units.RAMInBytes(v)
		return err
	}
}

func integerTo(to *int64) func(string) error {
	return func(v string) (err error) {
		if *to, err = strconv.ParseInt(v, 10, 64); err != nil {
			return errors.New("expected a number")
		}
		return nil
	}
}

// seccomp replaces the name of a profile's file by its content.
func seccomp(v string) (string, error) {
	name, ok := strings.CutPrefix(v, "seccomp=")
	if !ok || name == "unconfined" || name == "builtin" {
		return v, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return "", fmt.Errorf("%s is no JSON: %w", name, err)
	}
	return "seccomp=" + b.String(), nil
}

// gpus reads "all", a number, or "device=0,1".
func gpus(v string) (container.DeviceRequest, error) {
	r := container.DeviceRequest{Capabilities: [][]string{{"gpu"}}}
	if devices, ok := strings.CutPrefix(strings.Trim(v, `"`), "device="); ok {
		r.DeviceIDs = strings.Split(devices, ",")
		return r, nil
	}
	if v == "all" {
		r.Count = -1
		return r, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return r, errors.New(`expected "all", a number or "device=ID"`)
	}
	r.Count = n
	return r, nil
}

// mounted reads "type=bind,source=/a,target=/b,readonly".
func mounted(v string) (mount.Mount, error) {
	m := mount.Mount{Type: mount.TypeVolume}
	for _, part := range strings.Split(v, ",") {
		key, value, has := strings.Cut(part, "=")
		switch key {
		case "type":
			m.Type = mount.Type(value)
		case "source", "src":
			m.Source = value
		case "target", "dst", "destination":
			m.Target = value
		case "readonly", "ro":
			m.ReadOnly = !has || value == "true" || value == "1"
		case "bind-propagation":
			m.BindOptions = &mount.BindOptions{Propagation: mount.Propagation(value)}
		case "tmpfs-size":
			size, err := units.RAMInBytes(value)
			if err != nil {
				return m, err
			}
			m.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: size}
		default:
			return m, fmt.Errorf("unknown part %q", key)
		}
	}
	if m.Target == "" {
		return m, errors.New("the target is missing")
	}
	return m, nil
}
