"""Who installed us: installations, their encrypted tokens, uninstall and reinstall."""
