// The icons that the pages use, by their Tabler names: <svg class="icon"><use href="…/dist/icons.svg#inbox"/></svg>.
export const ICONS = [
  'adjustments', 'alert-triangle', 'archive', 'arrow-back-up', 'arrow-left', 'arrow-right', 'award', 'bell', 'building', 'calendar', 'calendar-due',
  'chart-bar', 'check', 'checklist', 'checks', 'chevron-down', 'chevron-left', 'chevron-right', 'circle', 'circle-check', 'circle-dot', 'circle-x',
  'clipboard-list', 'clock', 'clock-play', 'dots', 'download', 'external-link', 'eye', 'file', 'file-text', 'files', 'filter', 'flag', 'gavel',
  'history', 'home', 'id', 'inbox', 'info-circle', 'key', 'link', 'list', 'list-check', 'lock', 'login', 'logout', 'mail', 'map-pin', 'menu-2', 'message',
  'messages', 'notebook', 'paperclip', 'pencil', 'photo', 'player-pause', 'player-play', 'player-skip-forward', 'player-track-next', 'plus', 'printer',
  'refresh', 'route', 'scale', 'search', 'send', 'settings', 'shield-check', 'sitemap', 'sort-descending', 'speakerphone', 'star', 'table', 'trash',
  'trophy', 'upload', 'user', 'user-check', 'user-circle', 'user-plus', 'users', 'users-group', 'video', 'writing-sign', 'x',
];
