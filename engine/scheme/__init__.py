"""What a campaign is given: its declared parameters, dates, the working calendar and the plan; decides nothing about people."""
