// Types for what the bundler imports and TypeScript cannot know.
declare module '*.css';
declare module 'htmx.org';
