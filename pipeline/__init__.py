"""kolwatch: find health claims of key opinion leaders that contradict WHO guidance."""
