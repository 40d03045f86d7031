package cvm

type deleteImagesParams struct {
	ImageIds         []string
	DeleteBindedSnap bool
	DryRun           bool
}

// deleteImages removes all images of the list or none (213/33275). Their
// snapshots stay unless DeleteBindedSnap is set.
func (s *Server) deleteImages(st *store, p deleteImagesParams) (any, error) {
	if len(p.ImageIds) == 0 {
		return nil, refuse(MissingParameter, "the parameter `ImageIds` is required")
	}
	found, err := st.find(p.ImageIds)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		if err := s.deletable(m); err != nil {
			return nil, err
		}
	}
	if p.DryRun {
		return struct{}{}, nil
	}
	for _, m := range found {
		st.removeImage(m.ID)
		for _, d := range m.Disks {
			if p.DeleteBindedSnap {
				delete(st.snapshots, d.SnapshotID)
			}
		}
	}
	return struct{}{}, nil
}

func (s *Server) deletable(m *image) error {
	switch state := m.state(s.cfg.Clock.Now()); {
	case m.Type == SharedImage:
		return refuse(IsShared, "the image `%s` is shared by another account", m.ID)
	case m.Type != PrivateImage:
		return refuse(NotForImage, "the image `%s` is not a custom image", m.ID)
	case m.SharedOut:
		return refuse(InShared, "the image `%s` is shared with other accounts", m.ID)
	case state == Creating || state == Syncing || state == Importing:
		return refuse(IncorrectState, "the image `%s` is %s", m.ID, state)
	case s.exporting(m.ID):
		return refuse(TaskRunning, "the image `%s` is being exported", m.ID)
	}
	return nil
}

// DeleteSnapshot removes a snapshot behind its image's back, which makes the
// image impossible to export. It reports whether the snapshot existed.
func (s *Server) DeleteSnapshot(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.home.snapshots[id]
	delete(s.home.snapshots, id)
	return ok
}
