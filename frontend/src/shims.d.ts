// Types for what the bundler imports and TypeScript cannot know.
declare module '*.css';
declare module 'htmx.org';
declare module '@bpmn-io/properties-panel';
declare module '@bpmn-io/extract-process-variables/zeebe';
declare module 'bpmn-js-properties-panel';
declare module 'camunda-bpmn-js-behaviors/lib/camunda-cloud';
declare module 'diagram-js-minimap';
declare module 'dmn-js/lib/*';
