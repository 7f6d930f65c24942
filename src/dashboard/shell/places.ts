/** Where one can go. */
export const PLACES = [
  { to: '/', name: 'Overview' },
  { to: '/hedges', name: 'Hedges' },
  { to: '/opportunities', name: 'Opportunities' },
  { to: '/funding', name: 'Funding' },
  { to: '/ledger', name: 'Ledger' },
  { to: '/alerts', name: 'Alerts' },
  { to: '/audit', name: 'Audit' },
  { to: '/reports', name: 'Reports' },
  { to: '/inspector', name: 'Inspector' },
  { to: '/settings', name: 'Settings' },
] as const
