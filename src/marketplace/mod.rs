//! Reads marketplaces as they are on disk: manifests, plugins, components, and what is wrong with them.
