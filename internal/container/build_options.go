package container

import (
	"strings"

	"github.com/docker/go-units"
)

// ParseBuildOptions reads options of "docker build", as one would type them. The
// error is an *OptionError.
func ParseBuildOptions(args []string, variables []string) (*BuildOptions, error) {
	b := &BuildOptions{args: args}
	o := &b.options
	f := newFlags()
	f.texts("build-arg", func(v string) error {
		if o.BuildArgs == nil {
			o.BuildArgs = map[string]*string{}
		}
		name, value, ok := strings.Cut(v, "=")
		if !ok {
			value, ok = environ(variables).lookup(name)
		}
		if ok {
			o.BuildArgs[name] = &value
		}
		return nil
	})
	f.pairs("label", &o.Labels)
	f.list("tag t", &o.Tags)
	f.list("add-host", &o.ExtraHosts)
	f.list("cache-from", &o.CacheFrom)
	f.list("security-opt", &o.SecurityOpt)
	f.bool("no-cache", &o.NoCache)
	f.bool("pull", &b.pull)
	f.bool("squash", &o.Squash)
	f.bool("quiet q", &o.SuppressOutput)
	f.string("network", &o.NetworkMode)
	f.string("platform", &o.Platform)
	f.string("target", &o.Target)
	f.string("cgroup-parent", &o.CgroupParent)
	f.string("cpuset-cpus", &o.CPUSetCPUs)
	f.string("cpuset-mems", &o.CPUSetMems)
	f.text("cpu-shares c", integerTo(&o.CPUShares))
	f.text("cpu-period", integerTo(&o.CPUPeriod))
	f.text("cpu-quota", integerTo(&o.CPUQuota))
	f.text("memory m", bytesTo(&o.Memory))
	f.text("shm-size", bytesTo(&o.ShmSize))
	f.texts("ulimit", func(v string) error {
		limit, err := units.ParseUlimit(v)
		o.Ulimits = append(o.Ulimits, limit)
		return err
	})
	f.ignored("rm", "force-rm")
	f.string("progress", new(string))
	return b, f.parse("build", args)
}
