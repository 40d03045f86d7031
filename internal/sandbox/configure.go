package sandbox

import "maps"

// Settings returns the environment of both functions, secrets included: for those
// who must make sure that no secret leaves.
func (s *Sandbox) Settings() map[string]string { return s.settings() }

// Configure changes settings of the deployed functions, as an operator does in the
// console. An empty value removes one. Instances start anew.
func (s *Sandbox) Configure(change map[string]string) error {
	settings := maps.Clone(s.cfg.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	maps.Copy(settings, change)
	s.cfg.Settings = settings
	return s.ExpireCredentials(0)
}
